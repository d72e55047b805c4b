import type { Size } from '../../core/geometry.js';

/**
 * Pictures on which a network is tried: RGB24, row-major, the same ones every time. What is wanted is that every part of a network's
 * range shows: dark and bright, every strong colour, coarse and fine.
 */

/** Side of the coloured squares, in pixels, coarse to fine. */
const SQUARES = [64, 32, 16] as const;
/** Of each side, for each square of it that fits in. */
const SHARE = 0.25;

/** Every byte for itself. */
export function noise({ width, height }: Size): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, randomBytes());
}

/** The left half black, the right half white, with squares of many colours strewn over both. */
export function patches({ width, height }: Size): Uint8Array {
  const byte = randomBytes();
  const pixels = new Uint8Array(width * height * 3);
  const fill = (left: number, top: number, w: number, h: number, color: readonly number[]) => {
    for (let y = top; y < Math.min(height, top + h); y += 1) {
      for (let x = left; x < Math.min(width, left + w); x += 1) pixels.set(color, (y * width + x) * 3);
    }
  };
  fill(width >> 1, 0, width, height, [255, 255, 255]);
  for (const side of SQUARES) {
    const count = Math.max(4, Math.round((SHARE * width * height) / side ** 2));
    for (let index = 0; index < count; index += 1) {
      const [left, top] = [Math.floor((byte() * width) / 256), Math.floor((byte() * height) / 256)];
      // Every second one has a pure colour: red, green, blue, or a mixture of two.
      const color = [byte(), byte(), byte()].map((value) => (index % 2 === 0 ? value : value < 128 ? 0 : 255));
      fill(left, top, side, side, color);
    }
  }
  return pixels;
}

/** A linear congruential generator with the constants of Numerical Recipes; the upper byte is the random one. */
function randomBytes(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}
