import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MaskcastError } from '../core/errors.js';

/** The oldest version that has what we use: `-fps_mode`, `-timeout` of RTSP, options in concat scripts. */
const OLDEST = 5.1;

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
    const version = /version n?(\d+\.\d+)/.exec(text)?.[1];
    // Builds from git have no version number; they are younger than any release that we refuse.
    if (version !== undefined && Number(version) < OLDEST) {
      throw new MaskcastError('FFMPEG_MISSING', `"${program}" is version ${version}; ${OLDEST} or later is needed`);
    }
  }
}
