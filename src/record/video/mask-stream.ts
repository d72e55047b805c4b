import { MaskcastError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { Rational } from '../../core/time.js';

/**
 * Masks as a stream that ffmpeg reads with exact times: PNG pictures in IVF, the simplest container that carries a time base
 * and a 64-bit pts a frame (https://wiki.multimedia.cx/index.php/Duck_IVF). rawvideo has no times, and NUT much more framing.
 */

const FOURCC_PNG = 'MPNG';
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;

/** The file header: 32 bytes, all little-endian. */
export function maskStreamHeader(size: Size, timeBase: Rational): Buffer {
  if (size.width > 0xffff || size.height > 0xffff) {
    throw new MaskcastError('SIZE_UNSUPPORTED', `a mask side is at most 65535; received ${size.width}×${size.height}`);
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(0, 4); // version
  header.writeUInt16LE(HEADER_BYTES, 6);
  header.write(FOURCC_PNG, 8, 'latin1');
  header.writeUInt16LE(size.width, 12);
  header.writeUInt16LE(size.height, 14);
  header.writeUInt32LE(timeBase.den, 16);
  header.writeUInt32LE(timeBase.num, 20);
  return header;
}

/** @param ticks of the stream's time base, not negative */
export function maskStreamFrame(ticks: number, png: Uint8Array): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + png.length);
  frame.writeUInt32LE(png.length, 0);
  frame.writeBigInt64LE(BigInt(ticks), 4);
  frame.set(png, FRAME_HEADER_BYTES);
  return frame;
}
