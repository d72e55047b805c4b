import { type Milliseconds, ms } from '../core/time.js';

export interface BackoffOptions {
  readonly initial: Milliseconds;
  readonly cap: Milliseconds;
  /** In [0, 1); injected by tests. */
  readonly random?: () => number;
}

/**
 * Capped exponential backoff with "equal jitter": the n-th delay lies between half and the whole of
 * min(cap, initial · 2ⁿ). (AWS Architecture Blog, "Exponential Backoff And Jitter".)
 */
export class Backoff {
  private attempts = 0;

  constructor(private readonly options: BackoffOptions) {}

  next(): Milliseconds {
    const { initial, cap, random = Math.random } = this.options;
    const ceiling = Math.min(cap, initial * 2 ** Math.min(this.attempts, 30));
    this.attempts += 1;
    return ms(ceiling / 2 + (random() * ceiling) / 2);
  }

  reset(): void {
    this.attempts = 0;
  }
}
