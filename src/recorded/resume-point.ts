import type { Frame, SourceClock } from '../core/frame.js';
import { toSeconds } from '../core/time.js';
import { pixelDigest } from '../ingest/pixels.js';
import type { RecordedFile } from '../media/inspect.js';
import { seekPositions } from '../media/seek.js';
import type { ResumePoint } from '../media/selection.js';
import type { Journal, SegmentEnd } from '../record/run/journal.js';

/** The last frame that the journal has, where a decoder can find it again. */
export function resumePoint(file: RecordedFile, { segments, frames }: Journal): ResumePoint | undefined {
  const [first, last] = [segments[0], segments.at(-1)];
  // Deinterlacing looks at the frame before, which a seek leaves out.
  if (!first || !last?.end || file.interlaced) return undefined;
  const at = (ticks: number) => ({ ticks, timeBase: file.timeBase });
  const pts = at(last.end.ticks);
  const [seek] = seekPositions(file, toSeconds(pts));
  if (!seek) return undefined;
  const { pixels, step } = last.end;
  return { number: frames - 1, pts, pixels, seek, origin: at(first.firstTicks), step };
}

/** As a later run finds it again. */
export const segmentEnd = (last: Frame): SegmentEnd => ({
  ticks: last.pts.ticks,
  pixels: pixelDigest(last.pixels.data),
  step: clockOf(last).step,
});

/** Of a source that keeps no clock: one that rises. */
export function clockOf({ pts: { ticks }, clock }: Frame): SourceClock {
  return clock ?? { ticks, own: ticks, unfolded: ticks, shift: 0, home: 0, step: 1, laps: 0, twins: 0 };
}
