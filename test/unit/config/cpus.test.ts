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
