import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { Rational } from '../core/time.js';

/**
 * IVF: the simplest container that carries a time base and a 64-bit pts a frame (https://wiki.multimedia.cx/index.php/Duck_IVF).
 * ffmpeg reads a frame as soon as its last byte is there, where a bare series of pictures ends with the beginning of the next.
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;
const MAX_SIDE = 0xffff;

/**
 * The file header: 32 bytes, all little-endian.
 * @param fourcc of the pictures: `MPNG` for PNG, `MJPG` for JPEG
 * @throws MaskcastError SIZE_UNSUPPORTED above 65,535 a side
 */
export function ivfHeader(fourcc: 'MPNG' | 'MJPG', size: Size, timeBase: Rational): Buffer {
  if (size.width > MAX_SIDE || size.height > MAX_SIDE) {
    throw new MaskcastError('SIZE_UNSUPPORTED', `a side is at most ${MAX_SIDE}; received ${size.width}×${size.height}`);
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(0, 4); // version
  header.writeUInt16LE(HEADER_BYTES, 6);
  header.write(fourcc, 8, 'latin1');
  header.writeUInt16LE(size.width, 12);
  header.writeUInt16LE(size.height, 14);
  header.writeUInt32LE(timeBase.den, 16);
  header.writeUInt32LE(timeBase.num, 20);
  return header;
}

/** @param ticks of the stream's time base, not negative */
export function ivfFrame(ticks: number, picture: Uint8Array): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + picture.length);
  frame.writeUInt32LE(picture.length, 0);
  frame.writeBigInt64LE(BigInt(ticks), 4);
  frame.set(picture, FRAME_HEADER_BYTES);
  return frame;
}
