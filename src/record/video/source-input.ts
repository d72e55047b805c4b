import { ticksFrom } from '../../core/time.js';
import { lapOf, rising, unfolding } from '../../media/rising-clock.js';
import { seekPositions } from '../../media/seek.js';
import { deinterlacing, sampled } from '../../media/selection.js';
import type { Recording, SegmentStart } from '../file-output.js';

/**
 * How an encoder opens the source at a segment's first frame, and picks the very frames that were segmented.
 *
 * From where a seek lands every picture decodes as it does from the start of the file, and those before the segment are thrown
 * away by their exact pts. A seek that lands too late shows in frames that don't match the masks, and the next attempt starts
 * earlier, the last at the start of the file.
 */

/** Ways to open the source: see seekPositions, which knows only one where the clock jumps back. */
export const sourceAttempts = ({ file }: Recording): number => (file.jumps > 0 ? 1 : 3);

export function sourceInput(recording: Recording, start: SegmentStart, attempt: number): string[] {
  const { file } = recording;
  // Only a decoder that has seen the jumps of a clock knows where it stands.
  const positions = start.clock.laps > 0 ? [] : seekPositions(file, seconds(recording, start.firstTicks));
  const position = positions[attempt] ?? 0;
  const seek = position > 0 ? ['-noaccurate_seek', '-ss', position.toFixed(6)] : [];
  // A graph that is built anew where the picture's size changes would begin to count anew.
  return [...seek, '-an', '-sn', '-dn', '-reinit_filter', '0', ...file.opening];
}

/** Filters that leave the segment's frames, their times counted from its first one, all of the size that the file begins with. */
export function chosenFrames(recording: Recording, start: SegmentStart): string {
  const { file, timeBase } = recording;
  const lap = lapOf(file);
  const deinterlace = deinterlacing(file);
  if (deinterlace.length > 0) deinterlace.push(`settb=${timeBase.num}/${timeBase.den}`);
  const { width, height } = file.size;
  return [
    unfolding(lap),
    // Does nothing until a picture has another size than the first.
    `scale=${width}:${height}`,
    ...deinterlace,
    `select='${selection(recording, start)}'`,
    rising(lap, timeBase, start.clock),
  ].join(',');
}

function selection(recording: Recording, { clock: { unfolded, twins, laps } }: SegmentStart): string {
  const { sampling, range, file, timeBase } = recording;
  const conditions = [`gt(st(0,ld(0)+gte(pts,${unfolded})),${twins})`];
  // Behind a jump the masks' end is the end.
  if (range?.to !== undefined && laps === 0) conditions.push(`lt(pts,${ticksFrom(file.start + range.to, timeBase)})`);
  // The first frame of a segment is one that was asked for, so counting can begin with it.
  if (sampling)
    conditions.push(sampled(sampling, `(ld(0)-${1 + twins})`, `(${seconds(recording, recording.firstTicks)})`));
  return conditions.join('*');
}

const seconds = ({ timeBase }: Recording, ticks: number): number => (ticks * timeBase.num) / timeBase.den;
