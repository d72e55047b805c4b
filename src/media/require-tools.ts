import { systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import { ms } from '../core/time.js';
import { MediaProcess } from './media-process.js';

/** The oldest version that has what we use: `-fps_mode`, `-timeout` of RTSP, options in concat scripts. */
const OLDEST = 5.1;
const PATIENCE = ms(10_000);

/** Looks once whether ffmpeg and ffprobe are there and young enough. @throws MaskcastError FFMPEG_MISSING, FFMPEG_FAILED */
export async function requireTools(programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    const text = await versionOf(program).catch((cause: Error) => {
      if (cause instanceof MaskcastError) throw cause;
      throw new MaskcastError(
        'FFMPEG_MISSING',
        `"${program}" can't be run (${cause.message}); install ffmpeg ${OLDEST} or later, or name its path under ingest`,
        { cause },
      );
    });
    const version = /version n?(\d+\.\d+)/.exec(text)?.[1];
    // Builds from git have no version number; they are younger than any release that we refuse.
    if (version !== undefined && Number(version) < OLDEST) {
      throw new MaskcastError('FFMPEG_MISSING', `"${program}" is version ${version}; ${OLDEST} or later is needed`);
    }
  }
}

async function versionOf(program: string): Promise<string> {
  const process = new MediaProcess({ program, args: ['-version'], outputs: [1] });
  const cancel = systemClock.after(PATIENCE, () => void process.kill());
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.output(1)) chunks.push(chunk as Uint8Array);
    const { code, signal } = await process.exited;
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}`);
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    cancel();
    await process.stop();
  }
}
