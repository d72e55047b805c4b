import { promisify } from 'node:util';
import { constants, deflate } from 'node:zlib';
import type { Size } from '../../core/geometry.js';

/**
 * Palette PNGs whose pixel values are the class indices themselves.
 *
 * In: labels, row-major, one byte a pixel. Out: an 8-bit PNG (W3C PNG, third edition), compressed off the main thread.
 * Always holds: any PNG reader gives back the very same indices; equal input gives equal bytes.
 *
 * sharp's palette output quantises, and fast-png takes 30–50 ms a 720p mask on the main thread because it copies byte by
 * byte; zlib does the same in 2 ms on a thread of its own (docs/decisions/recordings/0060).
 */

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Palette {
  /** sRGB, 0–255; index = pixel value. At most 256. */
  readonly colors: readonly Rgb[];
  /** Opacity of each colour, 0–255. Absent: all opaque. */
  readonly alpha?: readonly number[];
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOR_TYPE = { grey: 0, palette: 3 } as const;
const compress = promisify(deflate);

/** Row filters of PNG, chapter 9: the bytes as they are, or their difference to the row above. */
const FILTER_NONE = 0;
const FILTER_UP = 2;

export function encodePalettePng(labels: Uint8Array, size: Size, palette: Palette): Promise<Buffer> {
  const colors = chunk('PLTE', Buffer.from(palette.colors.flat()));
  const extra = palette.alpha ? [colors, chunk('tRNS', Buffer.from(palette.alpha))] : [colors];
  return encode(labels, size, COLOR_TYPE.palette, extra);
}

export function encodeGreyPng(values: Uint8Array, size: Size): Promise<Buffer> {
  return encode(values, size, COLOR_TYPE.grey, []);
}

async function encode(pixels: Uint8Array, size: Size, colorType: number, extra: readonly Buffer[]): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size.width, 0);
  header.writeUInt32BE(size.height, 4);
  header.set([8, colorType, 0, 0, 0], 8);
  const data = await compress(filtered(pixels, size), { level: 3, strategy: constants.Z_DEFAULT_STRATEGY });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Masks are tall areas of one class: a row that equals the one above becomes zeros. */
function filtered(pixels: Uint8Array, { width, height }: Size): Buffer {
  const out = Buffer.allocUnsafe((width + 1) * height);
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width);
    const target = y * (width + 1);
    const above = y > 0 && Buffer.compare(row, pixels.subarray((y - 1) * width, y * width)) === 0;
    out[target] = above ? FILTER_UP : FILTER_NONE;
    if (above) out.fill(0, target + 1, target + 1 + width);
    else out.set(row, target + 1);
  }
  return out;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** CRC-32 of PNG, annex D; zlib.crc32 needs a newer Node than ours. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
