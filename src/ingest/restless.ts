import { type Milliseconds, ms } from '../core/time.js';

/** A source that changes its picture so often within so long is not followed any more: each change costs an ffmpeg's start. */
const CHANGES = 4;
/** Also how long it has to keep still until it is followed again. */
export const CALM: Milliseconds = ms(10_000);

/** Counts the changes of one source. */
export class Restless {
  private changes: Milliseconds[] = [];

  /** @returns whether the change of `now` is one too many */
  note(now: Milliseconds): boolean {
    this.changes = [...this.changes.filter((at) => now - at < CALM), now].slice(-CHANGES);
    return this.changes.length === CHANGES;
  }
}
