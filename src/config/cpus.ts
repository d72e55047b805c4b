import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** Reads a small text file; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

/**
 * CPUs that this process may use: affinity (cpusets) through Node, and the cgroups' quota, which Node 20 doesn't look at. A
 * session with more threads than that is throttled in the middle of a run.
 */
export function usableCpus(readText: ReadText = readOptional): number {
  const quota = cgroupQuota(readText);
  return Math.max(1, Math.min(availableParallelism(), quota === undefined ? Infinity : Math.ceil(quota)));
}

/**
 * CPUs' worth of time that the process gets: the smallest quota of its cgroup and those that this one lies in (a service's `CPUQuota=`
 * stands in its own cgroup or in a slice above, a container's in the root that it sees). Version 2 and version 1 side by side, as some systems
 * have them.
 * @returns undefined without a limit
 */
export function cgroupQuota(readText: ReadText): number | undefined {
  const quotas = hierarchies(readText).flatMap(({ root, path, read }) =>
    foldersUpTo(root, path).flatMap((folder) => read(folder) ?? []),
  );
  return quotas.length > 0 ? Math.min(...quotas) : undefined;
}

interface Hierarchy {
  /** Where it is mounted. */
  readonly root: string;
  /** Of the process's cgroup, below the root. */
  readonly path: string;
  /** The quota that a cgroup's folder holds. */
  readonly read: (folder: string) => number | undefined;
}

function hierarchies(readText: ReadText): readonly Hierarchy[] {
  const version2 = (folder: string) => {
    const [quota, period] = readText(`${folder}/cpu.max`)?.trim().split(/\s+/) ?? [];
    return ratio(quota, period);
  };
  const version1 = (folder: string) =>
    ratio(readText(`${folder}/cpu.cfs_quota_us`), readText(`${folder}/cpu.cfs_period_us`));
  const memberships = membershipsOf(readText('/proc/self/cgroup') ?? '');
  const own = (unified: boolean) =>
    memberships.find(({ controllers }) => (unified ? controllers === '' : controllers.split(',').includes('cpu')))
      ?.path ?? '/';
  const mounts = mountsOf(readText('/proc/self/mountinfo') ?? '');
  const found = (mounts.length > 0 ? mounts : USUAL_MOUNTS).filter(
    ({ type, controllers }) => type === 'cgroup2' || controllers.includes('cpu'),
  );
  return found.map(({ type, root, place }) => {
    const unified = type === 'cgroup2';
    return { root: place, path: below(root, own(unified)), read: unified ? version2 : version1 };
  });
}

/** Lines of /proc/self/cgroup: `NUMBER:CONTROLLERS:PATH`; version 2 names no controllers. */
function membershipsOf(text: string): readonly { readonly controllers: string; readonly path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers, path }];
  });
}

interface Mount {
  readonly type: string;
  /** The cgroup that is mounted; `/` for the whole tree that the process sees. */
  readonly root: string;
  readonly place: string;
  readonly controllers: readonly string[];
}

/** Where mounts can't be read. */
const USUAL_MOUNTS: readonly Mount[] = [
  { type: 'cgroup2', root: '/', place: '/sys/fs/cgroup', controllers: [] },
  { type: 'cgroup', root: '/', place: '/sys/fs/cgroup/cpu', controllers: ['cpu'] },
];

/** The mounts of cgroups in /proc/self/mountinfo (proc(5)): six fields, optional ones, a hyphen, type, source and options. */
function mountsOf(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, place] = before.split(' ').map(unescaped);
    const [type = '', , options = ''] = after.split(' ');
    if (root === undefined || place === undefined || !/^cgroup2?$/.test(type)) return [];
    return [{ type, root, place, controllers: options.split(',') }];
  });
}

/** mountinfo writes a space as \040. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The path as seen from what is mounted: in a container the mount's root is the container's own cgroup, or names above it are not seen. */
function below(root: string, path: string): string {
  if (root === '/') return path.startsWith('/..') ? '/' : path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) || '/' : '/';
}

/** The folder of a cgroup and those above it, up to the mount itself. */
function foldersUpTo(root: string, path: string): readonly string[] {
  const folder = posix.join(root, path).replace(/\/+$/, '') || '/';
  const above = folder === root || path === '/' ? [] : foldersUpTo(root, posix.dirname(path));
  return [folder, ...above];
}

function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const value = Number(quota) / Number(period);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
