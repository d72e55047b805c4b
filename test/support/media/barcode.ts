import { execFile } from 'node:child_process';
import { access, mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Bits of the number, the lowest leftmost, each a column of CELL_WIDTH pixels over the whole height. */
export const BARCODE_BITS = 10;
export const CELL_WIDTH = 32;
export const BARCODE_SIZE = { width: BARCODE_BITS * CELL_WIDTH, height: 192 };

/**
 * A clip of `frames` frames at `fps` whose n-th picture is the number n in black (0) and white (1) columns: who reads a
 * picture or its mask knows which frame it is. Made once and kept among the temporary files.
 */
export async function barcodeClip(frames: number, fps: number): Promise<string> {
  const folder = join(tmpdir(), 'maskcast-clips');
  const file = join(folder, `barcode-${frames}-${fps}.mp4`);
  try {
    await access(file);
    return file;
  } catch {
    await mkdir(folder, { recursive: true });
  }
  const { width, height } = BARCODE_SIZE;
  const bit = `mod(floor(N/pow(2,floor(X/${CELL_WIDTH}))),2)`;
  const partial = `${file}.${process.pid}.mp4`;
  await promisify(execFile)('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', `color=black:size=${width}x${height}:rate=${fps}`],
    ...['-frames:v', String(frames), '-vf', `geq=lum='16+219*${bit}':cb=128:cr=128`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '10', '-pix_fmt', 'yuv420p', partial],
  ]);
  await rename(partial, file);
  return file;
}
