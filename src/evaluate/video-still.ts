import type { Luma } from './consistency-flow.js';

/**
 * In: consecutive frames. Out: where, and in which of them, the picture stands still. Without motion no policy needs a run of the network,
 * and no mask has a reason to change. (Labels don't tell: people's and algorithms' outlines jitter where nothing moves.)
 */

/** Side of the window over which luma is averaged: noise and coding average out, an edge that moves does not. */
const WINDOW = 5;
/** Difference of the averages, in 0–255, up to which a pixel counts as still. */
const STILL = 2;

/** For each pixel 1 where the picture around it is as it was in the frame before, else 0. */
export function stillPixels(newer: Luma, older: Luma): Uint8Array {
  const { width, height } = newer;
  const reach = (WINDOW - 1) / 2;
  const difference = newer.data.map((value, i) => value - (older.data[i] as number));
  const rows = new Float32Array(difference.length);
  const out = new Uint8Array(difference.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = -reach; k <= reach; k += 1) sum += difference[y * width + within(x + k, width)] as number;
      rows[y * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = -reach; k <= reach; k += 1) sum += rows[within(y + k, height) * width + x] as number;
      if (Math.abs(sum) <= STILL * WINDOW * WINDOW) out[y * width + x] = 1;
    }
  }
  return out;
}

const within = (index: number, length: number): number => Math.min(Math.max(index, 0), length - 1);

/** Share of a frame's pixels that may move before it counts as moving. */
const FEW = 0.0005;
/** A stretch is at least this many frames long. */
const STRETCH = 8;

/**
 * Which frames lie in a stretch where nothing moves.
 * @param moving for each frame, the share of its pixels that are not still; the first is not looked at
 */
export function stillStretches(moving: readonly number[]): readonly boolean[] {
  const still = moving.map(() => false);
  let first = 1;
  for (let n = 1; n <= moving.length; n += 1) {
    if (n < moving.length && (moving[n] as number) <= FEW) continue;
    if (n - first >= STRETCH) still.fill(true, first, n);
    first = n + 1;
  }
  return still;
}
