import sharp from 'sharp';
import type { Size } from '../../core/geometry.js';
import type { SegmentedFrame } from '../../core/ports.js';
import type { StreamState } from '../../core/stream.js';
import { JPEG } from './paint.js';

const NO_PICTURE_YET: Size = { width: 640, height: 360 };

/**
 * What stands in for a picture while the stream is not live: the last one, grey and dark, under a camera sign. Never a frozen
 * frame that looks live.
 */
export async function drawOffline(state: StreamState, last: SegmentedFrame | undefined): Promise<Buffer> {
  const size = last?.geometry.picture ?? NO_PICTURE_YET;
  const dark = last?.jpeg
    ? sharp(last.jpeg, { failOn: 'none' }).greyscale().linear(0.35, 0)
    : sharp({ create: { ...size, channels: 3, background: '#16181d' } });
  // Two passes: sharp would dim what is composited in the same one.
  const backdrop = await dark.jpeg().toBuffer();
  return sharp(backdrop)
    .toColourspace('srgb')
    .composite([{ input: Buffer.from(sign(size, state)) }])
    .jpeg(JPEG)
    .toBuffer();
}

const CAMERA = 'M2.5 7.5h12v9h-12zM14.5 10.5l6-3v9l-6-3';
const STROKE_OUT = 'M3 3l18 18';

/** A camera, crossed out where nobody is about to connect it. Paths only: a container may have no fonts. */
function sign({ width, height }: Size, state: StreamState): string {
  const side = Math.round(Math.min(width, height) * 0.3);
  const path = state === 'idle' || state === 'connecting' ? CAMERA : CAMERA + STROKE_OUT;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <svg x="${Math.round((width - side) / 2)}" y="${Math.round((height - side) / 2)}" width="${side}" height="${side}"
      viewBox="0 0 24 24" fill="none" stroke="#e8eaed" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">
      <path d="${path}"/>
    </svg></svg>`;
}
