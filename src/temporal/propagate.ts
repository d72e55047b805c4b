import type { Size } from '../core/geometry.js';
import type { ScoreMap } from '../core/mask.js';
import type { Field } from './field.js';

/**
 * In: class scores of an earlier frame and the motion since. Out: the scores at the places where their content is now.
 * Always holds: the scores of a cell stay a convex mixture of given ones, so probabilities still sum to 1.
 */

/** Class probabilities on the grid, cell-major: the values of cell i are `data[i · classes … + classes)`. */
export interface Scores extends Size {
  readonly classes: number;
  readonly data: Float32Array;
}

export function createScores({ width, height }: Size, classes: number): Scores {
  return { width, height, classes, data: new Float32Array(width * height * classes) };
}

/** Reads a network's scores (CHW, any size) onto the grid: copied where the size agrees, else resampled bilinearly. */
export function readScores(map: ScoreMap, out: Scores): void {
  const { classes, width, height } = out;
  const plane = map.size.width * map.size.height;
  if (map.size.width === width && map.size.height === height) {
    for (let c = 0; c < classes; c += 1) {
      const start = c * plane;
      for (let i = 0, to = c; i < plane; i += 1, to += classes) out.data[to] = map.data[start + i] as number;
    }
    return;
  }
  for (let y = 0; y < height; y += 1) {
    const [top, bottom, wy] = between(y, height, map.size.height);
    for (let x = 0; x < width; x += 1) {
      const [left, right, wx] = between(x, width, map.size.width);
      const to = (y * width + x) * classes;
      for (let c = 0; c < classes; c += 1) {
        const start = c * plane;
        const upper = start + top * map.size.width;
        const lower = start + bottom * map.size.width;
        const above = (map.data[upper + left] as number) * (1 - wx) + (map.data[upper + right] as number) * wx;
        const below = (map.data[lower + left] as number) * (1 - wx) + (map.data[lower + right] as number) * wx;
        out.data[to + c] = above * (1 - wy) + below * wy;
      }
    }
  }
}

/** The two source positions around output position `i` and the weight of the second (pixel centres at +0.5). */
function between(i: number, length: number, sourceLength: number): [number, number, number] {
  const position = Math.min(Math.max(((i + 0.5) * sourceLength) / length - 0.5, 0), sourceLength - 1);
  const first = Math.floor(position);
  return [first, Math.min(first + 1, sourceLength - 1), position - first];
}

/** Bilinear: out(p) = from(p + way(p)). Positions outside the grid read its edge. */
export function warpScores(from: Scores, way: Field, out: Scores): void {
  const { classes, width, height } = from;
  // A grid of one row or column has no second neighbour: the first counts twice.
  const lastColumn = Math.max(0, width - 2);
  const lastRow = Math.max(0, height - 2);
  const right = width > 1 ? classes : 0;
  const below = height > 1 ? width * classes : 0;
  const source = from.data;
  const target = out.data;
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      const column = Math.min(Math.max(x + (way.dx[i] as number), 0), width - 1);
      const row = Math.min(Math.max(y + (way.dy[i] as number), 0), height - 1);
      const left = Math.min(column | 0, lastColumn);
      const top = Math.min(row | 0, lastRow);
      const wx = column - left;
      const wy = row - top;
      const w00 = (1 - wx) * (1 - wy);
      const w01 = wx * (1 - wy);
      const w10 = (1 - wx) * wy;
      const w11 = wx * wy;
      let p00 = (top * width + left) * classes;
      let p01 = p00 + right;
      let p10 = p00 + below;
      let p11 = p10 + right;
      for (let c = 0; c < classes; c += 1) {
        target[to++] =
          (source[p00++] as number) * w00 +
          (source[p01++] as number) * w01 +
          (source[p10++] as number) * w10 +
          (source[p11++] as number) * w11;
      }
    }
  }
}

/**
 * How far moved scores can be trusted, 0–1 a cell: falls with the luma residual beyond `noise` (0–255, what a still scene
 * shows) and is low where the content came from outside the picture.
 */
export function trustOf(way: Field, residual: Float32Array, noise: number, out: Float32Array): void {
  const { width, height } = way;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      const column = x + (way.dx[i] as number);
      const row = y + (way.dy[i] as number);
      const outside = Math.max(-column, column - (width - 1), -row, row - (height - 1), 0);
      const excess = Math.max(0, (residual[i] as number) - 2 * noise) / RESIDUAL_SCALE;
      out[i] = 1 / ((1 + excess * excess) * (1 + outside));
    }
  }
}

/** Luma difference beyond noise at which trust halves. */
const RESIDUAL_SCALE = 16;
