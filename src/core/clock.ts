import { type EpochMilliseconds, epochMs, type Milliseconds, ms } from './time.js';

/** The only source of time for code that waits or measures, so that tests can drive it by hand. */
export interface Clock {
  /** Monotonic: only differences mean something. */
  now(): Milliseconds;
  /** Wall clock, for what people and other machines read. */
  wall(): EpochMilliseconds;
  /** Calls `action` once after `delay`; the returned function cancels it. Does not keep the process alive. */
  after(delay: Milliseconds, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => ms(performance.now()),
  wall: () => epochMs(Date.now()),
  after(delay, action) {
    const timer = setTimeout(action, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delay`, or at once when `signal` aborts (it never rejects: look at `signal.aborted`). */
export function sleep(clock: Clock, delay: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(delay, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
