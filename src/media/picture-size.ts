import type { FrameGeometry, Size } from '../core/geometry.js';

/** What the network wants to see of a picture of some size; the Segmenter knows. */
export type GeometryFor = (source: Size) => { readonly analysis: Size; readonly content: Size };

/** Longest side. JPEG and the wire protocol end at 16-bit sizes; beyond this swscale refuses too. */
export const MAX_SIDE = 16_384;

/** Pixels of a frame: 8K (7680×4320) fits. A decoder holds about twenty frames of 1.5 bytes a pixel: 1 GB at this limit. */
export const MAX_PIXELS = 2 ** 25;

/**
 * The size as shown, of a coded size. Square pixels, nothing thrown away: the side with the coarser pixels grows. `sampleAspect`:
 * pixel width over height, 0 where unknown; what no camera has is taken for a fault.
 */
export function shownSize({ width, height }: Size, sampleAspect: number, rotation: number): Size {
  const ratio = sampleAspect > 0.1 && sampleAspect < 10 ? sampleAspect : 1;
  const wide = ratio >= 1 ? Math.round(width * ratio) : width;
  const tall = ratio >= 1 ? height : Math.round(height / ratio);
  return turned({ width: wide, height: tall }, rotation);
}

/** The size after a rotation by so many degrees. */
export function turned({ width, height }: Size, rotation: number): Size {
  return rotation % 180 === 90 ? { width: height, height: width } : { width, height };
}

/** The picture that viewers get: the source, scaled down until its longer side is at most `longest`, aspect kept. */
export function pictureSize(source: Size, longest: number): Size {
  const scale = Math.min(1, longest / Math.max(source.width, source.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(source.width), height: side(source.height) };
}

export function frameGeometry(source: Size, longest: number, geometryFor: GeometryFor): FrameGeometry {
  const { width, height } = source;
  const size = { width, height };
  return { source: size, picture: pictureSize(size, longest), ...geometryFor(size) };
}
