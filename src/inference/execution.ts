/** Threads a run beyond which HRNet-W18-Small gains little: see docs/models.md. */
const USEFUL_THREADS = 4;

/** Frames of one recording that are in the network at the same time, at most: see `recorded/process-order.ts`. */
const USEFUL_SESSIONS = 3;

/** `latency`: each frame is done as soon as can be. `throughput`: all frames are. */
export type ExecutionGoal = 'latency' | 'throughput';

/**
 * Sessions and threads a session: what the configuration names, and for the rest as many as keep the usable CPUs busy and no
 * more. Threads of one run wait for each other at every layer, and for each other's CPU where ffmpeg takes it away; so for throughput
 * sessions come before threads. A GPU takes one session; its threads only feed it.
 * @param onCpu whether the CPUs run the network
 */
export function planExecution(
  cpus: number,
  onCpu: boolean,
  wanted: { readonly workers: number | undefined; readonly threads: number | undefined },
  goal: ExecutionGoal = 'latency',
): { readonly workers: number; readonly threads: number } {
  const share = (parts: number) => Math.max(1, Math.floor(cpus / parts));
  if (!onCpu) return { workers: wanted.workers ?? 1, threads: wanted.threads ?? 1 };
  if (wanted.workers !== undefined) {
    return { workers: wanted.workers, threads: wanted.threads ?? Math.min(USEFUL_THREADS, share(wanted.workers)) };
  }
  if (goal === 'throughput') {
    const workers = Math.min(USEFUL_SESSIONS, share(wanted.threads ?? 1));
    return { workers, threads: wanted.threads ?? Math.min(USEFUL_THREADS, share(workers)) };
  }
  const threads = wanted.threads ?? Math.min(USEFUL_THREADS, cpus);
  return { workers: share(threads), threads };
}
