import type { Mask } from '../core/mask.js';
import type { DenseFlow } from './consistency-flow.js';

/**
 * In: the masks of consecutive frames and the motion between them. Out: how many specks a person sees flash up in a second. A speck
 * is a small region of one class (holes in others are regions too) that comes from no region of its class and is gone soon.
 */

/** Most mask pixels of a speck: a square of 16 pixels of the network's plane. */
const LARGEST = 64;
/** In seconds: what stays longer is taken for a thing. */
const LONGEST = 0.5;

/**
 * @param flows for each frame from the second, to the frame before, of the masks' size
 * @param framesASecond of the clip
 * @returns specks a second; NaN where the clip is too short to see one vanish
 */
export function specksOf(masks: readonly Mask[], flows: readonly DenseFlow[], framesASecond: number): number {
  const longest = Math.max(1, Math.round(LONGEST * framesASecond));
  /** Frames in which a speck may begin and is gone in time. */
  const countable = masks.length - 1 - longest;
  let specks = 0;
  let newer = regionsOf(masks.at(-1) as Mask, masks.length - 1);
  for (let n = masks.length - 1; n > 0; n -= 1) {
    const older = regionsOf(masks[n - 1] as Mask, n - 1);
    const comesFrom = follow(newer, older, flows[n - 1] as DenseFlow);
    if (n <= countable) {
      for (const [region, size] of newer.sizes.entries()) {
        const life = (newer.ends[region] as number) - n + 1;
        if (size <= LARGEST && life <= longest && !comesFrom[region]) specks += 1;
      }
    }
    newer = older;
  }
  return countable > 0 ? (specks / countable) * framesASecond : Number.NaN;
}

interface Regions {
  readonly mask: Mask;
  /** Region of each pixel, from 0. */
  readonly ids: Int32Array;
  /** In pixels. */
  readonly sizes: readonly number[];
  /** The last frame in which each region, or one that comes from it, is seen. */
  readonly ends: number[];
}

/** Regions of one class, joined over sides and corners. */
function regionsOf(mask: Mask, frame: number): Regions {
  const { labels, size } = mask;
  const ids = new Int32Array(labels.length).fill(-1);
  const sizes: number[] = [];
  const open: number[] = [];
  for (let start = 0; start < labels.length; start += 1) {
    if (ids[start] !== -1) continue;
    const region = sizes.length;
    let pixels = 0;
    ids[start] = region;
    open.push(start);
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      pixels += 1;
      forAround(i, size.width, size.height, (j) => {
        if (ids[j] !== -1 || labels[j] !== labels[start]) return;
        ids[j] = region;
        open.push(j);
      });
    }
    sizes.push(pixels);
  }
  return { mask, ids, sizes, ends: sizes.map(() => frame) };
}

/**
 * Carries the ends of the newer frame's regions back to the older's that they come from: those of the same class within a pixel of where the
 * motion leads.
 * @returns for each newer region whether it comes from one, or from outside the picture
 */
function follow(newer: Regions, older: Regions, flow: DenseFlow): Uint8Array {
  const { width, height } = newer.mask.size;
  const comesFrom = new Uint8Array(newer.sizes.length);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const region = newer.ids[i] as number;
      const column = Math.round(x + (flow.dx[i] as number));
      const row = Math.round(y + (flow.dy[i] as number));
      if (column < 0 || row < 0 || column >= width || row >= height) {
        comesFrom[region] = 1;
        continue;
      }
      forAround(row * width + column, width, height, (j) => {
        if (older.mask.labels[j] !== newer.mask.labels[i]) return;
        const origin = older.ids[j] as number;
        comesFrom[region] = 1;
        older.ends[origin] = Math.max(older.ends[origin] as number, newer.ends[region] as number);
      });
    }
  }
  return comesFrom;
}

/** Pixel `i` and its up to eight neighbours. */
function forAround(i: number, width: number, height: number, visit: (j: number) => void): void {
  const x = i % width;
  const y = (i - x) / width;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) visit(v * width + u);
  }
}
