import { MaskcastError } from '../../core/errors.js';
import type { Rational } from '../../core/time.js';
import { presentationTimes } from '../../media/inspect.js';
import type { MediaTools } from '../../media/media-tools.js';

/**
 * Proof that a video file holds exactly the frames that were meant: as many, at the same times.
 *
 * @param expected ascending, in ticks of `timeBase`
 * @param shift seconds that are added to every expected time
 * @throws MaskcastError FRAME_COUNT_MISMATCH
 */
export async function requireTimes(
  tools: MediaTools,
  path: string,
  expected: readonly number[],
  timeBase: Rational,
  shift = 0,
): Promise<void> {
  const found = await presentationTimes(tools, path);
  if (found.ticks.length !== expected.length) {
    throw new MaskcastError(
      'FRAME_COUNT_MISMATCH',
      `${path} has ${found.ticks.length} frames where ${expected.length} were written`,
      { details: { expected: expected.length, found: found.ticks.length } },
    );
  }
  const tick = found.timeBase.num / found.timeBase.den;
  // Half a tick of the container, and ffmpeg's own rounding to microseconds.
  const tolerance = tick / 2 + 1.5e-6;
  for (const [index, ticks] of expected.entries()) {
    const wanted = (ticks * timeBase.num) / timeBase.den + shift;
    const got = (found.ticks[index] as number) * tick;
    if (Math.abs(got - wanted) > tolerance) {
      throw new MaskcastError(
        'FRAME_COUNT_MISMATCH',
        `${path}: frame ${index} is at ${got.toFixed(6)} s instead of ${wanted.toFixed(6)} s`,
      );
    }
  }
}
