import type { Size } from '../../../../src/core/geometry.js';
import type { ScoreMap } from '../../../../src/core/mask.js';
import { PAD, type Plane } from '../../../../src/temporal/plane.js';
import type { PlainField } from './motion.js';

/** What the kernels that work on scores compute, in plain TypeScript. */

/** The values of cell i are `data[i · classes … + classes)`. */
export interface PlainScores extends Size {
  readonly classes: number;
  readonly data: Float32Array;
}

/** Reads a network's scores (CHW, any size) onto the grid: copied where the size agrees, else resampled bilinearly. */
export function readScores(map: ScoreMap, out: PlainScores): void {
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
export function warpScores(from: PlainScores, way: PlainField, out: PlainScores): void {
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
export function trustOf(way: PlainField, residual: Float32Array, noise: number, out: Float32Array): void {
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

/** Trust below which a cell is filled; only cells above it are asked. */
const DOUBTFUL = 0.5;
/** Cells in each direction that are asked. */
const RADIUS = 4;
/** Luma difference at which a neighbour counts a quarter. */
const ALIKE = 12;
/** Weight of all neighbours at which they count half against the cell's own scores. */
const LITTLE = 0.1;

/**
 * A joint bilateral filter over the doubtful cells only: neighbours count by trust, by likeness of luma and by nearness.
 * @param trust of the scores, 0–1 a cell
 * @param luma of the frame, one pixel a cell
 */
export function fillDoubtful(scores: PlainScores, trust: Float32Array, luma: Plane): void {
  const { width, height, classes, data } = scores;
  const sum = new Float64Array(classes);
  for (let y = 0, i = 0; y < height; y += 1) {
    const [top, bottom] = [Math.max(0, y - RADIUS), Math.min(height - 1, y + RADIUS)];
    for (let x = 0; x < width; x += 1, i += 1) {
      const own = trust[i] as number;
      if (own >= DOUBTFUL) continue;
      const value = luma.data[(y + PAD) * luma.stride + x + PAD] as number;
      const [left, right] = [Math.max(0, x - RADIUS), Math.min(width - 1, x + RADIUS)];
      let total = 0;
      sum.fill(0);
      for (let v = top; v <= bottom; v += 1) {
        for (let u = left; u <= right; u += 1) {
          const neighbour = v * width + u;
          const trusted = trust[neighbour] as number;
          if (trusted < DOUBTFUL) continue;
          const difference = ((luma.data[(v + PAD) * luma.stride + u + PAD] as number) - value) / ALIKE;
          const unlike = 1 + difference * difference;
          const weight = trusted / (unlike * unlike * (1 + (u - x) * (u - x) + (v - y) * (v - y)));
          total += weight;
          const p = neighbour * classes;
          for (let c = 0; c < classes; c += 1) sum[c] = (sum[c] as number) + weight * (data[p + c] as number);
        }
      }
      if (total === 0) continue;
      const share = ((1 - own) * total) / (total + LITTLE);
      for (let c = 0, p = i * classes; c < classes; c += 1, p += 1) {
        const score = data[p] as number;
        data[p] = score + share * ((sum[c] as number) / total - score);
      }
    }
  }
}

/** Weight of trusted scores moved from the frame just before, where the network doesn't contradict. */
const MOVED_WEIGHT = 0.8;

/** How much a cell of travel makes moved scores count for less: after 2.5 cells half. */
const DOUBT_A_CELL = 0.4;

/**
 * Blends moved scores into `fresh` in place.
 *
 * Where the network contradicts what was expected, its certainty times the disagreement of the two (1 − Σ min: the total variation
 * distance) takes weight from the moved scores, squared: an unsure network does not flicker, an object that enters shows at once.
 */
export function blendScores(
  fresh: PlainScores,
  moved: PlainScores,
  trust: Float32Array,
  way: PlainField,
  distance: number,
): void {
  const { classes, data } = fresh;
  for (let i = 0, p = 0; i < trust.length; i += 1) {
    const end = p + classes;
    let same = 0;
    let certainty = 0;
    for (let c = p; c < end; c += 1) {
      const score = data[c] as number;
      const other = moved.data[c] as number;
      same += score < other ? score : other;
      if (score > certainty) certainty = score;
    }
    const travel = Math.min(distance - 1, Math.abs(way.dx[i] as number) + Math.abs(way.dy[i] as number));
    const contradiction = certainty * (1 - same);
    const weight =
      (MOVED_WEIGHT * (trust[i] as number) * (1 - contradiction * contradiction)) / (1 + DOUBT_A_CELL * travel);
    for (; p < end; p += 1) {
      const score = data[p] as number;
      data[p] = score + weight * ((moved.data[p] as number) - score);
    }
  }
}

/** Draws new specks in `blended` towards `moved`, until the label of before just wins. @param before of `moved` @param after of `blended` */
export function holdSpecks(blended: PlainScores, moved: PlainScores, before: Uint8Array, after: Uint8Array): void {
  const { width, height, classes, data } = blended;
  for (let i = 0; i < before.length; i += 1) {
    const [label, old] = [after[i] as number, before[i] as number];
    if (label === old) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    const cellsAround = (labels: Uint8Array, reach: number) => {
      let cells = 0;
      for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v += 1) {
        for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u += 1) {
          if (labels[v * width + u] === label) cells += 1;
        }
      }
      return cells;
    };
    if (cellsAround(before, 1) > 0 || cellsAround(after, 2) > 4) continue;
    const p = i * classes;
    const lead = (data[p + label] as number) - (data[p + old] as number);
    const behind = (moved.data[p + old] as number) - (moved.data[p + label] as number);
    if (lead >= 3 * behind) continue;
    const part = lead / (lead + behind) + 0.01;
    for (let c = p; c < p + classes; c += 1) {
      const score = data[c] as number;
      data[c] = score + part * ((moved.data[c] as number) - score);
    }
  }
}
