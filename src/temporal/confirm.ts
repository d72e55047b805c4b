import type { Size } from '../core/geometry.js';
import type { Field } from './field.js';
import type { Scores } from './propagate.js';

/**
 * In: what the network itself says of a frame, what it said of the last one that it saw, and the smoothed scores. Out: smoothed
 * scores in which it is believed where it says the same of a thing twice in a row. Always holds: a thing that two inferences in a row see shows
 * from the second one on; a class that only one of them says is left to smoothing, and so are edges.
 *
 * A thing is a class that fills most of a cell's neighbourhood, however weak it is, or leads clearly over few cells. What smoothing is for looks
 * otherwise: along edges, and where a few cells are about as likely one class as another, networks say now this and now that, for
 * two inferences in a row, too.
 */

/** Cells of the 3 × 3 that a thing may leave to others; one that leaves more */
const LEFT = 3;
/** has to lead there by so much in all its cells together, */
const LEAD = 2;
/** and a tiny object by so much. */
const SPECK_LEAD = 0.6;
/** Share of its own lead with which a tiny object shows without help. */
const ENOUGH = 0.5;

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
      const shows = label === shown[cell];
      if (speck && shows && lead(smoothed, cell, label) >= ENOUGH * lead(now.scores, cell, label)) continue;
      if (speck ? evidence(now, label, x, y) < SPECK_LEAD : shows || !isThing(now, shown, label, x, y)) continue;
      const [u, v] = [Math.round(x + (way.dx[cell] as number)), Math.round(y + (way.dy[cell] as number))];
      const again = said(before, label, u, v, smoothed) || (speck && hasSpeck(before, label, u, v, reach, smoothed));
      if (!again) continue;
      // A single cell is drawn by its neighbours, too.
      restore(smoothed, now.scores, x, y, speck ? 1 : 0);
    }
  }
}

/** Whether a cell is part of something larger that isn't shown. */
function isThing(now: Said, shown: Uint8Array, label: number, x: number, y: number): boolean {
  const { scores, labels } = now;
  const others = cellsAround(x, y, scores) - count(labels, label, x, y, 1, scores, 9);
  // Beside what is shown of its class, it is that one's edge.
  if (others > 0 && count(shown, label, x, y, 1, scores, 1) > 0) return false;
  return others <= LEFT || evidence(now, label, x, y) >= LEAD;
}

/** Cells of the 3 × 3 that lie in the picture. */
const cellsAround = (x: number, y: number, { width, height }: Size): number =>
  (Math.min(width - 1, x + 1) - Math.max(0, x - 1) + 1) * (Math.min(height - 1, y + 1) - Math.max(0, y - 1) + 1);

/** By how much `label` leads in all cells of the 3 × 3 that have it, together. */
function evidence({ scores, labels }: Said, label: number, x: number, y: number): number {
  const { width, height } = scores;
  let sum = 0;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) {
      const cell = v * width + u;
      if (labels[cell] === label) sum += lead(scores, cell, label);
    }
  }
  return sum;
}

/** By how much `label` is likelier in a cell than the likeliest other class; below 0 where it isn't the likeliest. */
function lead({ data, lanes, classes }: Scores, cell: number, label: number): number {
  const at = cell * lanes;
  let next = 0;
  for (let other = 0; other < classes; other += 1) {
    if (other !== label) next = Math.max(next, data[at + other] as number);
  }
  return (data[at + label] as number) - next;
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
