import type { JobTimes } from '../../delivery/http/jobs-schema.js';

/**
 * Which mask belongs to the picture of a time.
 *
 * In: the times of all frames that have masks, in seconds from the beginning of the file's timeline, ascending, with their numbers.
 * Out: places in that list. Always: a time is taken for a frame's only if it is nearer to that frame than half the way to
 * either neighbour; where pictures lie between sampled frames, no mask is taken for theirs.
 */

/** Timestamps are rounded to microseconds on their way through browsers, containers to milliseconds. */
const ROUNDING = 0.0015;

/** Where a time lies: on a frame with a mask, between two of a sampled recording, or outside the part that was processed. */
export type TimePlace =
  | { readonly kind: 'frame'; readonly index: number }
  | { readonly kind: 'between'; readonly previous: number }
  | { readonly kind: 'outside' };

/** From the time of the first picture, by the browser's clock, to what that clock shows at 0 of the masks' times. */
export type ClockOffset = (shown: number) => number;

export class FrameTimes {
  readonly seconds: readonly number[];
  readonly numbers: readonly number[];
  /** Whether every frame of the source's part has a mask. */
  readonly complete: boolean;
  /** Frame time of the source, seconds: the least difference a frame. */
  readonly frameTime: number;
  readonly #start: number;
  readonly #first: number;

  constructor({ seconds, numbers, start, first }: JobTimes) {
    this.seconds = seconds;
    this.numbers = numbers;
    this.#start = start;
    this.#first = first;
    this.complete = numbers.every((number, i) => i === 0 || number === (numbers[i - 1] as number) + 1);
    let frameTime = Number.POSITIVE_INFINITY;
    for (let i = 1; i < seconds.length; i++) {
      const frames = (numbers[i] as number) - (numbers[i - 1] as number);
      frameTime = Math.min(frameTime, ((seconds[i] as number) - (seconds[i - 1] as number)) / Math.max(1, frames));
    }
    this.frameTime = Number.isFinite(frameTime) ? frameTime : 1 / 25;
  }

  get length(): number {
    return this.seconds.length;
  }

  /** Seconds at which the last frame with a mask is over; 0 in an empty list. */
  get end(): number {
    const last = this.seconds.at(-1);
    return last === undefined ? 0 : last + this.frameTime;
  }

  /**
   * What a browser's clock shows at 0 of these times. Browsers keep the times that the file has, or take its beginning off.
   *
   * @param shown time of the first picture that the browser showed, of a video that had not been moved, by the browser's clock
   */
  clockOffset(shown: number): number {
    const measured = shown - this.#first;
    const kept = Math.abs(measured - this.#start) < Math.abs(measured) ? this.#start : 0;
    // Sound may begin a little before its first sample counts, and not everybody counts that. A difference of whole frames is
    // another thing: the browser could not decode the first ones.
    return Math.abs(measured - kept) < 0.9 * this.frameTime ? measured : kept;
  }

  numberOf(index: number): number | undefined {
    return this.numbers[index];
  }

  /** The last frame whose time is not after `time`; −1 before the first. */
  #floor(time: number): number {
    let low = 0;
    let high = this.seconds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.seconds[middle] as number) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The frame that is nearest; 0 in an empty list. */
  nearest(time: number): number {
    const floor = this.#floor(time);
    if (floor < 0) return 0;
    const next = this.seconds[floor + 1];
    return next !== undefined && next - time < time - (this.seconds[floor] as number) ? floor + 1 : floor;
  }

  /** @param time of a picture, seconds from the beginning of the video */
  at(time: number): TimePlace {
    if (this.length === 0) return { kind: 'outside' };
    const index = this.nearest(time);
    const own = this.seconds[index] as number;
    if (Math.abs(time - own) <= Math.max(ROUNDING, this.#reach(index, time))) return { kind: 'frame', index };
    const previous = this.#floor(time);
    if (previous < 0 || previous === this.length - 1) return { kind: 'outside' };
    return { kind: 'between', previous };
  }

  /** Whether a time is a frame or two off the first or the last frame: who asks for it means that frame. */
  atEdge(time: number): boolean {
    const distance = Math.abs(time - (this.seconds[this.nearest(time)] ?? Number.NaN));
    return this.at(time).kind === 'outside' && distance <= 2 * this.frameTime;
  }

  /** How far from a frame's time another time may lie and still mean this frame. */
  #reach(index: number, time: number): number {
    const neighbour = time >= (this.seconds[index] as number) ? index + 1 : index - 1;
    const frames = Math.abs((this.numbers[neighbour] ?? Number.NaN) - (this.numbers[index] as number));
    if (!(frames > 0)) return this.frameTime / 2;
    // In a sampled recording half the way to the neighbour would take in pictures that have no mask.
    return (Math.abs((this.seconds[neighbour] as number) - (this.seconds[index] as number)) / frames) * 0.499;
  }

  /**
   * Where to put the playhead so that just this frame is shown: past its time, short of the next frame's. At a frame's exact
   * time, rounding may show the one before.
   */
  seekTarget(index: number): number {
    const own = this.seconds[index] ?? 0;
    const next = this.seconds[index + 1];
    const frames = (this.numbers[index + 1] ?? Number.NaN) - (this.numbers[index] as number);
    const duration = next === undefined || !(frames > 0) ? this.frameTime : (next - own) / frames;
    return own + Math.min(duration / 2, 0.02);
  }

  /** `by` frames on from the one at `index`, inside the list. */
  step(index: number, by: number): number {
    return Math.min(this.length - 1, Math.max(0, index + by));
  }
}
