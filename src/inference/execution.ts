import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ExecutionProvider } from './session-protocol.js';

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

/** Threads a run beyond which HRNet-W18-Small gains little: see docs/models.md. */
const USEFUL_THREADS = 4;

/** Sessions and threads a session where the configuration names none: together at most the usable CPUs. */
export function defaultExecution(
  cpus: number,
  provider: ExecutionProvider,
): { readonly workers: number; readonly threads: number } {
  if (provider !== 'cpu') return { workers: 1, threads: 1 };
  const threads = Math.min(cpus, USEFUL_THREADS);
  return { workers: Math.max(1, Math.floor(cpus / threads)), threads };
}
