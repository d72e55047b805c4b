import type { RecordedFile } from '../../media/inspect.js';
import { deinterlacing, sampled } from '../../media/selection.js';
import type { Recording, SegmentStart } from '../file-output.js';

/**
 * How an encoder opens the source at a segment's first frame, and picks the very frames that were segmented.
 *
 * A seek lands on a key frame at or before the wanted time; from there every picture decodes as it does from the start of the
 * file, and those before the segment are thrown away by their exact pts. Containers without an index can land too late: then
 * the segment's frames don't match its masks, and the next attempt starts earlier, the last at the start of the file.
 */

/** Containers with an index, where a seek is exact. */
const INDEXED = /\b(mov|mp4|matroska|webm|avi|image2)\b/;

/** Seconds before the segment at which the seek aims. */
const INDEXED_MARGIN = 1;

export const SOURCE_ATTEMPTS = 3;

/** Seconds from the file's beginning at which a decoder has to start to give the frame at `time` whole; 0 at the last attempt. */
export function seekPosition(file: RecordedFile, time: number, attempt = 0): number {
  const margins = INDEXED.test(file.info.container)
    ? [INDEXED_MARGIN, 2 * file.keyInterval + 10]
    : [2 * file.keyInterval + 2, 4 * file.keyInterval + 20];
  return Math.max(0, time - file.start - (margins[attempt] ?? Number.POSITIVE_INFINITY));
}

export function sourceInput(recording: Recording, start: SegmentStart, attempt: number): string[] {
  const { file } = recording;
  const position = seekPosition(file, seconds(recording, start.firstTicks), attempt);
  const seek = position > 0 ? ['-noaccurate_seek', '-ss', position.toFixed(6)] : [];
  // A graph that is built anew where the picture's size changes would begin to count anew.
  return [...seek, '-an', '-sn', '-dn', '-reinit_filter', '0', ...file.opening];
}

/** Filters that leave the segment's frames, their times counted from its first one, all of the size that the file begins with. */
export function chosenFrames(recording: Recording, start: SegmentStart): string {
  const { file, timeBase } = recording;
  const deinterlace = deinterlacing(file);
  if (deinterlace.length > 0) deinterlace.push(`settb=${timeBase.num}/${timeBase.den}`);
  const { width, height } = file.size;
  return [
    ...deinterlace,
    `select='${selection(recording, start)}'`,
    `setpts=PTS-(${start.firstTicks})`,
    // Does nothing until a picture has another size than the first.
    `scale=${width}:${height}`,
  ].join(',');
}

function selection(recording: Recording, { firstTicks }: SegmentStart): string {
  const { sampling, range } = recording;
  const conditions = [`gte(pts,${firstTicks})`];
  if (range?.to !== undefined) conditions.push(`lt(pts,${firstTickAt(recording, recording.file.start + range.to)})`);
  if (!sampling) return conditions.join('*');
  // The first frame of a segment is one that was asked for, so counting can begin with it.
  conditions.push(sampled(sampling, 'ld(0)-1', `(${seconds(recording, recording.firstTicks)})`));
  return `st(0,ld(0)+gte(pts,${firstTicks}))*${conditions.join('*')}`;
}

const seconds = ({ timeBase }: Recording, ticks: number): number => (ticks * timeBase.num) / timeBase.den;

/** The first tick that is not before `time`, by the same arithmetic by which the decoder cuts. */
function firstTickAt(recording: Recording, time: number): number {
  let ticks = Math.floor((time * recording.timeBase.den) / recording.timeBase.num) - 1;
  while (seconds(recording, ticks) < time) ticks += 1;
  return ticks;
}
