import type { Size } from './geometry.js';

/**
 * Class scores of one frame as the network gave them: higher is likelier; softmax over classes gives probabilities.
 * Only the content region: padding is cut off.
 */
export interface ScoreMap {
  readonly classes: number;
  readonly size: Size;
  /** Probabilities in [0, 1], class-major (CHW): `classes · height · width` values; they sum to 1 a pixel. */
  readonly data: Float32Array;
}

/** What the mask of a frame rests on. */
export type MaskOrigin =
  /** the network ran on this very frame */
  | 'inferred'
  /** moved here from earlier frames by motion */
  | 'propagated'
  /** nothing is known yet: every pixel is class 0 with confidence 0 */
  | 'unknown';

/** The segmentation of one frame, at mask resolution; the viewer scales it to the picture. */
export interface Mask {
  readonly size: Size;
  /** Class index a pixel, row-major. */
  readonly labels: Uint8Array;
  /** Probability of that class in 1/255, row-major. */
  readonly confidence: Uint8Array;
  readonly origin: MaskOrigin;
  /** Frames since the frame whose pixels the network saw last for this mask: 0 when inferred. */
  readonly age: number;
  /** What the mask rests on, for a debugging view; only where it was asked for. */
  readonly inspection?: MaskInspection;
}

/** How a mask came about. */
export interface MaskInspection {
  /** Blocks of 16 × 16 mask pixels; the last of a row or column may reach past the mask. */
  readonly columns: number;
  readonly rows: number;
  /**
   * Where each block's content went since the frame before: right and down, in quarters of a mask pixel, clamped to ±127.
   * `2 · columns · rows` values, row-major. All 0 after a cut.
   */
  readonly motion: Int8Array;
  /**
   * How far the scores that were moved here can be trusted, 0–255, one value for 2 × 2 mask pixels: `size.width / 2 ·
   * size.height / 2` values, row-major. 255 throughout where the network saw this very frame, 0 where nothing is known.
   */
  readonly trust: Uint8Array;
}
