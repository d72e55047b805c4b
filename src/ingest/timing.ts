import { MaskcastError } from '../core/errors.js';
import type { Rational, Timestamp } from '../core/time.js';

export interface FrameTiming {
  readonly pts: Timestamp;
  /** In ticks of `pts.timeBase`; 0 where the container does not say. */
  readonly duration: number;
}

/** "stream, dts, pts, duration, size, checksum" */
const ROW = /^\d+,\s*-?\d+,\s*(-?\d+),\s*(-?\d+),\s*\d+,\s*0x/;
const TIME_BASE = /^#tb 0: (\d+)\/(\d+)$/;

/**
 * Reads the text of ffmpeg's `framecrc` muxer: the only output format that says every frame's pts as whole ticks together with
 * the time base, unrounded.
 *
 * In: chunks of any size. Out: one timing a frame, in order. Always holds: independent of where the chunks were cut.
 */
export class TimingParser {
  private rest = '';
  private timeBase: Rational | undefined;

  /** The timings that `chunk` completes. @throws MaskcastError FFMPEG_FAILED on a line that framecrc does not write */
  push(chunk: Uint8Array): FrameTiming[] {
    const lines = (this.rest + Buffer.from(chunk).toString('latin1')).split('\n');
    this.rest = lines.pop() ?? '';
    const timings: FrameTiming[] = [];
    for (const line of lines) {
      if (line.startsWith('#')) {
        const base = TIME_BASE.exec(line);
        if (base) this.timeBase = { num: Number(base[1]), den: Number(base[2]) };
        continue;
      }
      const row = ROW.exec(line);
      if (!row || !this.timeBase) {
        throw new MaskcastError('FFMPEG_FAILED', `ffmpeg's timing output cannot be read: "${line.slice(0, 80)}"`, {
          retryable: true,
        });
      }
      timings.push({ pts: { ticks: Number(row[1]), timeBase: this.timeBase }, duration: Number(row[2]) });
    }
    return timings;
  }
}
