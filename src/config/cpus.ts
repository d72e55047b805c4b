import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * CPUs that this process may use: affinity (cpusets) through Node, and the cgroup's quota, which Node 20 doesn't look at. A
 * session with more threads than that is throttled in the middle of a run.
 */
export function usableCpus(readText: (path: string) => string | undefined = readOptional): number {
  const quota = cgroupQuota(readText);
  return Math.max(1, Math.min(availableParallelism(), quota === undefined ? Infinity : Math.ceil(quota)));
}

/** CPUs' worth of time that the process's cgroup gets (version 2, then 1); undefined without a limit. */
export function cgroupQuota(readText: (path: string) => string | undefined): number | undefined {
  const unified = readText('/sys/fs/cgroup/cpu.max')?.trim().split(/\s+/);
  if (unified) return ratio(unified[0], unified[1]);
  return ratio(readText('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'), readText('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
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
