import { type Milliseconds, ms } from '../core/time.js';
import type { MediaFacts } from '../media/facts.js';

/** Pauses of this many times the usual one are no silence yet: cameras skip a picture now and then. */
const SKIPPED = 2.5;
/** Until two pictures tell how slow a camera is, an open connection without one is given this long. */
const PICTURE_PATIENCE = ms(30_000);

export interface Timeouts {
  readonly connectTimeout: Milliseconds;
  readonly stallTimeout: Milliseconds;
  readonly refresh?: Milliseconds;
}

/**
 * How long to wait for a camera's next picture, by what is known of it.
 *
 * In: what the probe said, and when pictures came. Out: time limits. Always holds: none is shorter than the one that is set; a single long
 * pause of a quick camera makes none longer.
 */
export class Patience {
  private facts: MediaFacts | undefined;
  private pauses: readonly [number, number] = [0, 0];

  constructor(private readonly timeouts: Timeouts) {}

  /** The probe has answered. */
  knows(facts: MediaFacts): void {
    this.facts = facts;
  }

  /** A picture has come, `pause` after the one before it on the same connection. */
  saw(pause: Milliseconds): void {
    this.pauses = [this.pauses[1], pause];
  }

  /** Without a picture for this long, a camera is silent. */
  get stall(): Milliseconds {
    return ms(Math.max(this.timeouts.stallTimeout, SKIPPED * this.usual));
  }

  /** A silent one for this much longer, and its connection is given up. */
  get replace(): Milliseconds {
    return this.facts?.pictures === 'series' ? ms(Math.max(this.stall, PICTURE_PATIENCE)) : this.stall;
  }

  /** For the first picture. */
  get first(): Milliseconds {
    return ms(Math.max(this.timeouts.connectTimeout, SKIPPED * this.usual));
  }

  private get usual(): number {
    const { fps } = this.facts?.info ?? {};
    const announced = fps !== undefined && fps < 1 ? 1000 / fps : 0;
    const asked = this.facts?.pictures === 'single' ? (this.timeouts.refresh ?? 0) : 0;
    return Math.max(announced, asked, Math.min(...this.pauses));
  }
}
