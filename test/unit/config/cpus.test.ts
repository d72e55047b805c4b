import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cgroupQuota, usableCpus } from '../../../src/config/cpus.js';

const files = (content: Record<string, string>) => (path: string) => content[path];

describe('the CPUs that the process may use', () => {
  it('are those of its affinity where there is no quota', () => {
    expect(usableCpus(files({}))).toBe(availableParallelism());
    expect(usableCpus(files({ '/sys/fs/cgroup/cpu.max': 'max 100000\n' }))).toBe(availableParallelism());
  });

  it('are no more than the quota of its cgroup, rounded up', () => {
    expect(usableCpus(files({ '/sys/fs/cgroup/cpu.max': '50000 100000\n' }))).toBe(1);
    expect(cgroupQuota(files({ '/sys/fs/cgroup/cpu.max': '150000 100000\n' }))).toBe(1.5);
  });

  it('are read from version 1 of cgroups too', () => {
    const v1 = (quota: string) =>
      files({ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': quota, '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' });
    expect(cgroupQuota(v1('400000\n'))).toBe(4);
    expect(cgroupQuota(v1('-1\n'))).toBeUndefined();
  });
});

describe("the quota of the process's own cgroup", () => {
  const MOUNTS = {
    unified: '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n',
    version1: '33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n',
    container: '33 31 0:30 /docker/7f /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n',
    spaced: '30 23 0:26 / /mnt/my\\040cgroups rw - cgroup2 none rw\n',
  };
  const service = '/system.slice/maskcast.service';

  it.each([
    [
      'a service with CPUQuota=150%',
      { '/sys/fs/cgroup/system.slice/maskcast.service/cpu.max': '150000 100000\n' },
      1.5,
    ],
    ['a slice above it', { '/sys/fs/cgroup/system.slice/cpu.max': '200000 100000\n' }, 2],
    [
      'the smallest of several',
      {
        '/sys/fs/cgroup/cpu.max': '800000 100000\n',
        '/sys/fs/cgroup/system.slice/cpu.max': '100000 100000\n',
        '/sys/fs/cgroup/system.slice/maskcast.service/cpu.max': 'max 100000\n',
      },
      1,
    ],
    ['none', {}, undefined],
  ])('version 2: %s', (_, quotas, expected) => {
    const membership = { '/proc/self/cgroup': `0::${service}\n` };
    expect(cgroupQuota(files({ ...membership, '/proc/self/mountinfo': MOUNTS.unified, ...quotas }))).toBe(expected);
    expect(cgroupQuota(files({ ...membership, ...quotas }))).toBe(expected);
  });

  it('version 1, with its controllers mounted together', () => {
    const folder = `/sys/fs/cgroup/cpu,cpuacct${service}`;
    const text = {
      '/proc/self/cgroup': `11:memory:/other\n4:cpu,cpuacct:${service}\n0::/init.scope\n`,
      '/proc/self/mountinfo': MOUNTS.version1,
      [`${folder}/cpu.cfs_quota_us`]: '250000\n',
      [`${folder}/cpu.cfs_period_us`]: '100000\n',
    };
    expect(cgroupQuota(files(text))).toBe(2.5);
  });

  it("in a container that sees its own cgroup as the mount's root", () => {
    const text = {
      '/proc/self/cgroup': '4:cpu:/docker/7f/inner\n',
      '/proc/self/mountinfo': MOUNTS.container,
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '300000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    };
    expect(cgroupQuota(files(text))).toBe(3);
    expect(cgroupQuota(files({ ...text, '/proc/self/cgroup': '4:cpu:/elsewhere\n' }))).toBe(3);
  });

  it('wherever cgroups are mounted', () => {
    const text = {
      '/proc/self/cgroup': '0::/a\n',
      '/proc/self/mountinfo': MOUNTS.spaced,
      '/mnt/my cgroups/a/cpu.max': '50000 100000\n',
    };
    expect(cgroupQuota(files(text))).toBe(0.5);
  });
});
