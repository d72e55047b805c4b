import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { decode } from 'fast-png';
import { expect } from 'vitest';

/** Readers of exported files, written after the formats' own documents: none of the code that writes them. */

const run = promisify(execFile);
const LARGE = { maxBuffer: 256 * 1024 * 1024, encoding: 'buffer' } as const;

export interface Indexed {
  readonly width: number;
  readonly height: number;
  /** A byte a pixel, row-major. */
  readonly pixels: Uint8Array;
  /** Empty where the picture has no palette. */
  readonly palette: readonly (readonly number[])[];
}

export function indexedPng(bytes: Uint8Array): Indexed {
  const { width, height, data, channels, depth, palette = [] } = decode(bytes);
  expect([channels, depth]).toEqual([1, 8]);
  return { width, height, pixels: Uint8Array.from(data), palette };
}

/** Every picture of a PNG-in-Matroska video, as it lies in the file. */
export async function pngsOf(path: string): Promise<Indexed[]> {
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-map', '0:v', '-c', 'copy', '-f', 'image2pipe', '-'],
    LARGE,
  );
  const found: Indexed[] = [];
  const end = Buffer.from('IEND');
  for (let at = 0; at < stdout.length; ) {
    const next = stdout.indexOf(end, at) + 8;
    found.push(indexedPng(stdout.subarray(at, next)));
    at = next;
  }
  return found;
}

/** The grey values of every decoded frame. */
export async function greysOf(path: string, pixels: number): Promise<Uint8Array[]> {
  const args = [
    '-v',
    'error',
    '-i',
    path,
    '-map',
    '0:v',
    '-fps_mode',
    'passthrough',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'gray',
  ];
  const { stdout } = await run('ffmpeg', [...args, '-'], LARGE);
  return Array.from({ length: stdout.length / pixels }, (_, index) =>
    Uint8Array.from(stdout.subarray(index * pixels, (index + 1) * pixels)),
  );
}

/** The files of a ZIP that compresses nothing, by their names in the order of its directory (APPNOTE 4.3). */
export async function storedFiles(path: string): Promise<Map<string, Buffer>> {
  const zip = await readFile(path);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    expect(zip.readUInt16LE(at + 10)).toBe(0);
    const [size, nameLength, extra, comment] = [
      zip.readUInt32LE(at + 24),
      ...[28, 30, 32].map((o) => zip.readUInt16LE(at + o)),
    ] as [number, number, number, number];
    const local = zip.readUInt32LE(at + 42);
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.set(zip.toString('utf8', at + 46, at + 46 + nameLength), zip.subarray(begin, begin + size));
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

/**
 * COCO's compressed counts, the way pycocotools' `rleFrString` goes: 5 bits a character, the sixth says that more follow, the sign is in
 * the last; from the fourth on, differences to the last but one.
 */
export function cocoCounts(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let [value, shift] = [0, 0];
    for (let more = true; more; shift += 5) {
      const bits = text.charCodeAt(at++) - 48;
      value |= (bits & 0x1f) << shift;
      more = (bits & 0x20) !== 0;
      if (!more && bits & 0x10) value |= -1 << (shift + 5);
    }
    counts.push(counts.length > 2 ? value + (counts[counts.length - 2] as number) : value);
  }
  return counts;
}

/** Paints what COCO's counts cover, which go down the columns. */
export function paintCounts(
  target: Uint8Array,
  [height, width]: readonly [number, number],
  counts: readonly number[],
  value: number,
): void {
  let at = 0;
  for (const [index, count] of counts.entries()) {
    for (const end = at + count; at < end; at++) {
      if (index % 2 === 1) target[(at % height) * width + Math.floor(at / height)] = value;
    }
  }
  expect(at).toBe(width * height);
}

/** Label Studio's brush, the way label-studio-sdk's `decode_rle` goes: bits of the head, then runs of RGBA bytes. */
export function brushBytes(packed: readonly number[]): Uint8Array {
  let at = 0;
  const bits = (count: number) => {
    let value = 0;
    for (let left = count; left > 0; left--, at++)
      value = value * 2 + (((packed[at >> 3] as number) >> (7 - (at & 7))) & 1);
    return value;
  };
  const out = new Uint8Array(bits(32));
  const word = bits(5) + 1;
  const sizes = [bits(4) + 1, bits(4) + 1, bits(4) + 1, bits(4) + 1];
  for (let filled = 0; filled < out.length; ) {
    const repeats = bits(1) === 1;
    const count = bits(sizes[bits(2)] as number) + 1;
    if (repeats) out.fill(bits(word), filled, filled + count);
    else for (let index = 0; index < count; index++) out[filled + index] = bits(word);
    filled += count;
  }
  expect(Math.ceil(at / 8)).toBe(packed.length);
  return out;
}

/** Paints a YOLO line's polygon by the even-odd rule. */
export function paintPolygon(
  target: Uint8Array,
  { width, height }: Pick<Indexed, 'width' | 'height'>,
  shares: readonly number[],
  value: number,
): void {
  const corners = Array.from(
    { length: shares.length / 2 },
    (_, i) => [(shares[2 * i] as number) * width, (shares[2 * i + 1] as number) * height] as const,
  );
  for (let y = 0; y < height; y++) {
    const crossings: number[] = [];
    let [fromX, fromY] = corners.at(-1) as readonly [number, number];
    for (const [x, toY] of corners) {
      if (fromY <= y + 0.5 !== toY <= y + 0.5)
        crossings.push(fromX + ((y + 0.5 - fromY) / (toY - fromY)) * (x - fromX));
      [fromX, fromY] = [x, toY];
    }
    crossings.sort((a, b) => a - b);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const [begin, end] = [crossings[pair] as number, crossings[pair + 1] as number];
      for (let x = Math.max(0, Math.ceil(begin - 0.5)); x < Math.min(width, end - 0.5); x++)
        target[y * width + x] = value;
    }
  }
}
