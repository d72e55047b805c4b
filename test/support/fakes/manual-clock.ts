import type { Clock } from '../../../src/core/clock.js';
import { epochMs, type Milliseconds, ms } from '../../../src/core/time.js';

/** A clock that a test turns by hand. Timers fire in order, with the clock at their time. */
export class ManualClock implements Clock {
  private time = 0;
  private timers: { readonly at: number; readonly action: () => void }[] = [];

  now(): Milliseconds {
    return ms(this.time);
  }

  wall() {
    return epochMs(1_700_000_000_000 + this.time);
  }

  after(delay: Milliseconds, action: () => void): () => void {
    const timer = { at: this.time + delay, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  get pending(): number {
    return this.timers.length;
  }

  /** Moves on by `by` ms; between two timers, promises get their turn. */
  async advance(by: number): Promise<void> {
    const end = this.time + by;
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.action();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}
