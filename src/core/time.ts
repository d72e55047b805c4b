/** Branded time units: a bare number can never pass for a duration or an instant of another unit. */

/** A duration, or an instant on the clock that produced it, in milliseconds. May be fractional. */
export type Milliseconds = number & { readonly __unit: 'ms' };

/** A duration or a position on a media timeline in seconds. May be fractional. */
export type Seconds = number & { readonly __unit: 's' };

/** An instant in milliseconds since the Unix epoch (wall clock, may jump when the clock is set). */
export type EpochMilliseconds = number & { readonly __unit: 'epoch-ms' };

/** Marks a number as milliseconds. */
export const ms = (value: number): Milliseconds => value as Milliseconds;
export const seconds = (value: number): Seconds => value as Seconds;
export const epochMs = (value: number): EpochMilliseconds => value as EpochMilliseconds;

/** A positive rational number, for instance a time base of 1/90000 s a tick. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/**
 * A presentation time exactly as the demuxer gave it. Never rounded to milliseconds, so that results can be written back
 * with the very same times.
 */
export interface Timestamp {
  /** Whole ticks of `timeBase`; may be negative, or start anywhere. */
  readonly ticks: number;
  /** Seconds a tick. */
  readonly timeBase: Rational;
}

/** The first tick that is not before `time`; what containers round to microseconds counts as exact. */
export const ticksFrom = (time: number, { num, den }: Rational): number => Math.ceil(((time - 1e-6) * den) / num);

/** The position in seconds: `ticks · num / den`. */
export function toSeconds(timestamp: Timestamp): Seconds {
  return seconds((timestamp.ticks * timestamp.timeBase.num) / timestamp.timeBase.den);
}
