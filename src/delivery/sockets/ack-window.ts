import type { Milliseconds } from '../../core/time.js';

const INITIAL = 1;
/** Frames that may be on their way to one viewer: 8 at 25 fps bridge a round trip of 320 ms. */
export const MAX_WINDOW = 8;
/** Acknowledgements after which an old minimum is forgotten, so that a route that has become longer is learnt. */
const EPOCH = 64;
/** Frames that wait somewhere on the way, by the estimate below: with fewer the window may grow, with more it shrinks. */
const GROW_BELOW = 0.3;
const SHRINK_ABOVE = 0.8;

/** What one acknowledgement says. */
export interface Acknowledgement {
  /** From sending the frame to its acknowledgement. */
  readonly delay: Milliseconds;
  /** Frames that were unacknowledged when it was sent, itself included. */
  readonly underway: number;
  /** Whether the window has held a frame back since the last acknowledgement: an unused window never grows. */
  readonly limited: boolean;
}

/**
 * How many frames may be unacknowledged at a time. One would leave a distant viewer waiting for each round trip; a fixed
 * eight would let a slow viewer lag eight frames behind. The window follows TCP Vegas (Brakmo and Peterson, 1995): of the
 * frames under way, `underway · (1 − shortest delay / delay)` wait in a queue rather than travel. Deterministic.
 */
export class AckWindow {
  private window = INITIAL;
  private shortest = Number.POSITIVE_INFINITY;
  private shortestOfLastEpoch = Number.POSITIVE_INFINITY;
  private acks = 0;

  get size(): number {
    return this.window;
  }

  acknowledged({ delay, underway, limited }: Acknowledgement): void {
    this.shortest = Math.min(this.shortest, delay);
    const base = Math.min(this.shortest, this.shortestOfLastEpoch);
    const waiting = delay > 0 ? underway * (1 - base / delay) : 0;
    if (waiting > SHRINK_ABOVE) this.window = Math.max(1, this.window - 1);
    else if (limited && underway >= this.window && waiting < GROW_BELOW) {
      this.window = Math.min(MAX_WINDOW, this.window + 1);
    }
    this.acks += 1;
    if (this.acks % EPOCH === 0) {
      this.shortestOfLastEpoch = this.shortest;
      this.shortest = Number.POSITIVE_INFINITY;
    }
  }
}
