import type { Field } from './field.js';
import type { Scores } from './propagate.js';

/**
 * In: what the network itself says of a frame, what it said of the last one that it saw, and the smoothed scores. Out: smoothed
 * scores in which it is believed where it says the same twice in a row. Always holds: what two inferences in a row say of the same
 * content shows from the second one on, however small or weak it is; a class that only one of them says is left to smoothing.
 */

/** What counts as a tiny object, which motion search can't follow: so many cells of the 5 × 5 around. See `specks.ts`. */
const SPECK = 4;
const SPECK_REACH = 2;
/** Cells a frame that a tiny object may have gone since the last inference, and how many in all. */
const CELLS_A_FRAME = 2;
const FARTHEST = 8;

export interface Said {
  /** The network's scores and the class of each cell by them. */
  readonly scores: Scores;
  readonly labels: Uint8Array;
}

/**
 * Puts the network's own scores back into `smoothed`, in place.
 * @param shown likeliest class of each cell in `smoothed`
 * @param before the network's labels of the last frame that it saw
 * @param way leads there
 * @param distance frames in between, from 1
 */
export function confirm(
  smoothed: Scores,
  shown: Uint8Array,
  now: Said,
  before: Uint8Array,
  { way, distance }: { readonly way: Field; readonly distance: number },
): void {
  const { width, height } = smoothed;
  const reach = Math.min(FARTHEST, 1 + CELLS_A_FRAME * distance);
  for (let y = 0, cell = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, cell += 1) {
      const label = now.labels[cell] as number;
      const speck = isSpeck(now.labels, label, x, y, smoothed);
      if (label === shown[cell] && !speck) continue;
      const [u, v] = [Math.round(x + (way.dx[cell] as number)), Math.round(y + (way.dy[cell] as number))];
      const again = said(before, label, u, v, smoothed) || (speck && hasSpeck(before, label, u, v, reach, smoothed));
      if (!again) continue;
      // A single cell is drawn by its neighbours, too.
      restore(smoothed, now.scores, x, y, speck ? 1 : 0);
    }
  }
}

function isSpeck(labels: Uint8Array, label: number, x: number, y: number, grid: Scores): boolean {
  return count(labels, label, x, y, SPECK_REACH, grid, SPECK + 1) <= SPECK;
}

const said = (labels: Uint8Array, label: number, x: number, y: number, grid: Scores): boolean =>
  count(labels, label, x, y, 0, grid, 1) > 0;

/** Whether something as tiny lies near: the edge of something large is no tiny object's place before. */
function hasSpeck(labels: Uint8Array, label: number, x: number, y: number, reach: number, grid: Scores): boolean {
  const [right, bottom] = [Math.min(grid.width - 1, x + reach), Math.min(grid.height - 1, y + reach)];
  for (let v = Math.max(0, y - reach); v <= bottom; v += 1) {
    for (let u = Math.max(0, x - reach); u <= right; u += 1) {
      if (labels[v * grid.width + u] === label && isSpeck(labels, label, u, v, grid)) return true;
    }
  }
  return false;
}

/** Cells of `label` at most `reach` away, counted up to `enough`. */
function count(
  labels: Uint8Array,
  label: number,
  x: number,
  y: number,
  reach: number,
  { width, height }: Scores,
  enough: number,
): number {
  const [right, bottom] = [Math.min(width - 1, x + reach), Math.min(height - 1, y + reach)];
  let found = 0;
  for (let v = Math.max(0, y - reach); v <= bottom; v += 1) {
    for (let u = Math.max(0, x - reach); u <= right; u += 1) {
      if (labels[v * width + u] === label && ++found === enough) return found;
    }
  }
  return found;
}

function restore(smoothed: Scores, own: Scores, x: number, y: number, reach: number): void {
  const { width, height, lanes } = smoothed;
  const left = Math.max(0, x - reach);
  const right = Math.min(width - 1, x + reach);
  for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v += 1) {
    const [from, to] = [(v * width + left) * lanes, (v * width + right + 1) * lanes];
    smoothed.data.set(own.data.subarray(from, to), from);
  }
}
