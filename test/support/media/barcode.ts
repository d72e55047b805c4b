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
  return make(file, [
    ...['-f', 'lavfi', '-i', `color=black:size=${width}x${height}:rate=${fps}`],
    ...['-frames:v', String(frames), '-vf', `geq=lum='16+219*${bit}':cb=128:cr=128`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '10', '-pix_fmt', 'yuv420p'],
  ]);
}

export interface BarcodeVariant {
  readonly container: 'mp4' | 'webm';
  /** Seconds at which the picture begins. */
  readonly picture: number;
  /** Seconds at which a sound track begins; none where absent. */
  readonly sound?: number;
  /** Written as it comes, as browsers record: no length, no index. */
  readonly live?: boolean;
}

/** The same clip with times of its own. Made anew by each call. */
export async function barcodeVariant(frames: number, fps: number, variant: BarcodeVariant): Promise<string> {
  const { container, picture, sound, live = false } = variant;
  const clip = await barcodeClip(frames, fps);
  const name = ['barcode', frames, fps, picture, sound ?? 'silent', live ? 'live' : 'whole'].join('-');
  const webm = container === 'webm';
  const tone = `sine=duration=${frames / fps}`;
  return make(join(tmpdir(), 'maskcast-clips', `${name}.${container}`), [
    ...['-itsoffset', String(picture), '-i', clip],
    ...(sound === undefined ? [] : ['-itsoffset', String(sound), '-f', 'lavfi', '-i', tone]),
    ...(webm
      ? ['-c:v', 'libvpx', '-b:v', '2M', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10']
      : ['-c:v', 'copy']),
    ...['-c:a', webm ? 'libopus' : 'aac', '-fps_mode', 'passthrough', ...(live ? ['-live', '1'] : [])],
  ]);
}

async function make(file: string, args: readonly string[]): Promise<string> {
  const partial = file.replace(/(\.\w+)$/, `.${process.pid}$1`);
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', ...args, partial]);
  await rename(partial, file);
  return file;
}
