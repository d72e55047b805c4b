import type { Size } from '../../core/geometry.js';
import type { InspectionPlanes } from '../../delivery/wire/protocol.js';

/** In: how a mask came about. Out: what is drawn of it for debugging: arrows along the motion, a tint where moved scores are not trusted. */

export interface Arrow {
  /** From the block's centre, in the unit of the drawing. */
  readonly x: number;
  readonly y: number;
  /** How far the content goes in `STRETCH` frames. */
  readonly dx: number;
  readonly dy: number;
}

/** Frames of motion that an arrow stands for: one alone is too short to be seen. */
export const STRETCH = 4;
/** Mask pixels along a block's side. */
const BLOCK = 16;
/** Motion of less than this many quarters of a mask pixel is the search's own noise. */
const LEAST = 2;

/** @param mask size of the mask @param drawing size that the mask is drawn at */
export function motionArrows({ columns, rows, motion }: InspectionPlanes, mask: Size, drawing: Size): readonly Arrow[] {
  const [scaleX, scaleY] = [drawing.width / mask.width, drawing.height / mask.height];
  const arrows: Arrow[] = [];
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, at += 2) {
      const [right, down] = [motion[at] ?? 0, motion[at + 1] ?? 0];
      if (Math.abs(right) + Math.abs(down) < LEAST) continue;
      arrows.push({
        x: ((column * BLOCK + Math.min(mask.width, (column + 1) * BLOCK)) / 2) * scaleX,
        y: ((row * BLOCK + Math.min(mask.height, (row + 1) * BLOCK)) / 2) * scaleY,
        dx: (right / 4) * STRETCH * scaleX,
        dy: (down / 4) * STRETCH * scaleY,
      });
    }
  }
  return arrows;
}

/** RGBA of the trust plane: nothing where moved scores are trusted, orange where they are not. */
export function doubtPixels({ trust }: InspectionPlanes): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(trust.length * 4);
  for (let i = 0; i < trust.length; i += 1) pixels.set([255, 122, 20, (255 - (trust[i] ?? 255)) * 0.7], i * 4);
  return pixels;
}
