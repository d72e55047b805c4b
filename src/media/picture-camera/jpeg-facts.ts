import type { Size } from '../../core/geometry.js';

export interface JpegFacts extends Size {
  /** As ffmpeg calls it. */
  readonly pixelFormat: string;
}

/**
 * Size in pixels, as stored, and sampling of a JPEG, from its frame header (ITU-T T.81, B.2.2).
 * @returns undefined where there is no frame header
 */
export function jpegFacts(jpeg: Uint8Array): JpegFacts | undefined {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  for (let at = 2; at + 9 < view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const code = view.getUint8(at + 1);
    if (code === 0xff) {
      at += 1;
      continue;
    }
    // SOF0 to SOF15 without DHT, JPG and DAC.
    if (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc) {
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        pixelFormat: pixelFormatOf(view, at),
      };
    }
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

const SAMPLINGS: Readonly<Record<number, string>> = { 17: 'yuvj444p', 33: 'yuvj422p', 34: 'yuvj420p', 18: 'yuvj440p' };

function pixelFormatOf(view: DataView, frameHeader: number): string {
  if (view.getUint8(frameHeader + 9) === 1) return 'gray';
  const luma = frameHeader + 11;
  return (luma < view.byteLength && SAMPLINGS[view.getUint8(luma)]) || 'unknown';
}
