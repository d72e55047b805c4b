import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MaskcastError } from '../core/errors.js';

/** The oldest major version whose options we use (`-timeout` of RTSP, `-fps_mode`). */
const OLDEST = 5;

/** Looks once whether ffmpeg and ffprobe are there and young enough. @throws MaskcastError FFMPEG_MISSING */
export async function requireTools(programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    let text: string;
    try {
      text = (await promisify(execFile)(program, ['-version'], { timeout: 10_000 })).stdout;
    } catch (cause) {
      throw new MaskcastError(
        'FFMPEG_MISSING',
        `"${program}" can't be run (${(cause as Error).message}); install ffmpeg ${OLDEST} or later, or name its path under ingest`,
        { cause },
      );
    }
    const major = /version n?(\d+)\./.exec(text)?.[1];
    // Builds from git have no version number; they are younger than any release that we refuse.
    if (major !== undefined && Number(major) < OLDEST) {
      throw new MaskcastError('FFMPEG_MISSING', `"${program}" is version ${major}; ${OLDEST} or later is needed`);
    }
  }
}
