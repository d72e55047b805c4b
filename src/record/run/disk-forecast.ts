import { MaskcastError } from '../../core/errors.js';
import { freeBytes } from '../../flow/durable.js';
import type { CommittedSegment } from './journal.js';

/** Whether the disk can hold what is still to come, told from what the work has taken so far. */

/**
 * Bytes that the disk needs beside what is there: the segments to come, then the finished files next to all segments.
 * @param linked outputs whose finished files take no space of their own
 */
export function spaceNeeded(
  segments: readonly Pick<CommittedSegment, 'frames' | 'bytes'>[],
  linked: ReadonlySet<string>,
  framesLeft: number,
): number {
  let [frames, used, copied] = [0, 0, 0];
  for (const segment of segments) {
    frames += segment.frames;
    for (const [output, bytes] of Object.entries(segment.bytes)) {
      used += bytes;
      if (!linked.has(output)) copied += bytes;
    }
  }
  if (frames === 0) return 0;
  return Math.ceil(((used + copied) / frames) * framesLeft + copied);
}

/** @throws MaskcastError DISK_FULL with the bytes that are needed and free */
export async function requireSpace(folder: string, needed: number, framesLeft: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= needed) return;
  const what = framesLeft > 0 ? `for the ${framesLeft} frames left and the finished files` : 'for the finished files';
  throw new MaskcastError(
    'DISK_FULL',
    `the disk that holds ${folder} has ${inWords(free)} free and about ${inWords(needed)} are needed ${what}`,
    { retryable: true, details: { needed, free }, remedies: ['make-room', 'go-on'] },
  );
}

function inWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** unit;
  return `${unit > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
