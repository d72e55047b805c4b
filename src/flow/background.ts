import { constants, setPriority } from 'node:os';

/**
 * Lets a process that has just been started come after all others for the CPU: work that nobody watches must not delay what is live.
 * Threads that it starts from now on inherit that.
 */
export function intoBackground(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It is gone already; its exit says why.
  }
}
