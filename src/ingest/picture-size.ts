import type { FrameGeometry, Size } from '../core/geometry.js';

/** What the network wants to see of a picture of some size; the Segmenter knows. */
export type GeometryFor = (source: Size) => { readonly analysis: Size; readonly content: Size };

/** JPEG and the wire protocol both end at 16-bit sizes, and swscale refuses more than this in total. */
export const MAX_SIDE = 16_384;

/** The picture that viewers get: the source, scaled down until its longer side is at most `longest`, aspect kept. */
export function pictureSize(source: Size, longest: number): Size {
  const scale = Math.min(1, longest / Math.max(source.width, source.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(source.width), height: side(source.height) };
}

export function frameGeometry(source: Size, longest: number, geometryFor: GeometryFor): FrameGeometry {
  return { source, picture: pictureSize(source, longest), ...geometryFor(source) };
}
