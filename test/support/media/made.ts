import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs ffmpeg, to make a recording that no stored clip is like. */
export async function ffmpeg(...args: readonly (string | number)[]): Promise<void> {
  await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', ...args.map(String)]);
}

/** ffmpeg's arguments of a moving test picture. */
export const testPicture = (rate: string | number, seconds: number, size = '96x64'): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`],
];

/** Quick to make, without frames that are shown in another order than they are stored in. */
export const QUICK_H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-bf', '0'] as const;
