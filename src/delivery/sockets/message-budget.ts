import type { Clock } from '../../core/clock.js';
import type { Milliseconds } from '../../core/time.js';

/** Messages at once: more than a person or a page ever has to say. */
const BURST = 100;
/** Messages a second in the long run, beside one a frame. */
const RATE = 10;

/**
 * What one client may say. A message costs the server time, whether or not it changes anything. Always holds: a client that says one
 * thing a frame that it gets, and little else, is never refused; one that says more runs out of BURST.
 */
export class MessageBudget {
  private left = BURST;
  private at: Milliseconds;

  constructor(private readonly clock: Clock) {
    this.at = clock.now();
  }

  /** A frame was sent: its acknowledgement is free. */
  earn(): void {
    this.left = Math.min(BURST, this.left + 1);
  }

  /** @returns whether it was within the budget */
  spend(): boolean {
    const now = this.clock.now();
    this.left = Math.min(BURST, this.left + ((now - this.at) * RATE) / 1000) - 1;
    this.at = now;
    return this.left >= 0;
  }
}
