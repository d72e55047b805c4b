import type { Size } from '../../core/geometry.js';

/** PNGs of cameras that give a single picture an answer: the answer is the picture. */

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The last chunk: no data, its name and checksum. */
const END = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
/** 8K in 16 bits, hardly compressed. */
const MAX_PNG_BYTES = 256 * 1024 * 1024;

/** Whether bytes begin as a PNG does. */
export const isPng = (bytes: Uint8Array): boolean =>
  bytes.length >= SIGNATURE.length && SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));

/** Gathers one answer. */
export class PngAnswer {
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;

  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.bytes <= MAX_PNG_BYTES) this.chunks.push(chunk);
  }

  /** The picture, at the answer's end; undefined where it was cut off, or is too large. */
  whole(): Buffer | undefined {
    const picture = Buffer.concat(this.chunks);
    return this.bytes <= MAX_PNG_BYTES && picture.subarray(-END.length).equals(END) ? picture : undefined;
  }
}

export interface PngFacts extends Size {
  /** As ffmpeg calls it. */
  readonly pixelFormat: string;
  readonly bitDepth: number;
}

/** ffmpeg's names, of up to eight bits and of sixteen, by colour type. */
const FORMATS: Readonly<Record<number, readonly [string, string]>> = {
  0: ['gray', 'gray16be'],
  2: ['rgb24', 'rgb48be'],
  3: ['pal8', 'pal8'],
  4: ['ya8', 'ya16be'],
  6: ['rgba', 'rgba64be'],
};

/** From the header (ISO/IEC 15948, 11.2.2). @returns undefined where it is no PNG */
export function pngFacts(png: Uint8Array): PngFacts | undefined {
  if (!isPng(png) || png.length < 33) return undefined;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const bitDepth = view.getUint8(24);
  const [plain = 'unknown', deep = 'unknown'] = FORMATS[view.getUint8(25)] ?? [];
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    pixelFormat: bitDepth === 16 ? deep : plain,
    bitDepth: Math.max(8, bitDepth),
  };
}
