import type { Size } from '../core/geometry.js';
import type { Field } from './field.js';
import { PAD, type Plane, type Pyramid } from './plane.js';

/**
 * In: the pyramids of two frames. Out: for each grid cell of the first, where its content lay in the second (a backward
 * field when the first is the newer frame), and how far the two then differ. Always holds: the result depends on nothing but the
 * arguments.
 *
 * Inverse compositional search over overlapping patches, coarse to fine, after Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using
 * Dense Inverse Search (2016). Different from it: patches start from the best of several candidates (the coarser level, neighbours
 * that are done, a predicted field), all in integer arithmetic, and the dense field is made once, at the finest level, for grid cells.
 */

const PATCH = 8;
const STEP = 4;
const AREA = PATCH * PATCH;
/** Sub-pixel positions a pixel, as a shift: weights are whole 64ths. */
const FRACTION_BITS = 6;
const ONE = 1 << FRACTION_BITS;

export interface SearchOptions {
  /** Gauss–Newton steps a patch and level at most. */
  readonly iterations: number;
  /** The finest level searched; 0 is two pixels a grid cell. */
  readonly finest: number;
}

interface PatchGrid {
  readonly columns: number;
  readonly rows: number;
  /** Displacement of each patch in pixels of its level. */
  readonly dx: Float32Array;
  readonly dy: Float32Array;
}

export class InverseSearch {
  private readonly grids: PatchGrid[];
  private readonly scratch: Float32Array;
  private readonly template = new Int32Array(AREA);
  private readonly gradientX = new Int32Array(AREA);
  private readonly gradientY = new Int32Array(AREA);
  private bestX = 0;
  private bestY = 0;
  private bestCost = 0;

  constructor(
    pyramid: Pyramid,
    private readonly options: SearchOptions = { iterations: 2, finest: 1 },
  ) {
    this.grids = pyramid.map((plane) => {
      const columns = patchesAlong(plane.width);
      const rows = patchesAlong(plane.height);
      return { columns, rows, dx: new Float32Array(columns * rows), dy: new Float32Array(columns * rows) };
    });
    this.scratch = new Float32Array(Math.max(...this.grids.map(({ dx }) => dx.length)));
  }

  /** Fills `out` (displacement in grid cells) and `residual` (mean absolute luma difference a cell, 0–255). */
  run(from: Pyramid, to: Pyramid, predicted: Field | undefined, out: Field, residual: Float32Array): void {
    const { finest } = this.options;
    for (let level = from.length - 1; level >= finest; level -= 1) {
      this.searchLevel(from[level] as Plane, to[level] as Plane, level, predicted, out);
      this.smoothLevel(this.grids[level] as PatchGrid);
    }
    densify(from[finest] as Plane, to[finest] as Plane, this.grids[finest] as PatchGrid, finest, out);
    measure(from[0] as Plane, to[0] as Plane, out, residual);
  }

  private searchLevel(from: Plane, to: Plane, level: number, predicted: Field | undefined, cells: Size): void {
    const grid = this.grids[level] as PatchGrid;
    const coarse = this.grids[level + 1];
    const cellsAPixel = 2 ** level / 2;
    for (let row = 0; row < grid.rows; row += 1) {
      const y = Math.min(row * STEP, from.height - PATCH);
      for (let column = 0; column < grid.columns; column += 1) {
        const x = Math.min(column * STEP, from.width - PATCH);
        const index = row * grid.columns + column;
        this.load(from, x, y);
        this.bestCost = Number.POSITIVE_INFINITY;
        if (coarse) {
          const parent =
            Math.min(row >> 1, coarse.rows - 1) * coarse.columns + Math.min(column >> 1, coarse.columns - 1);
          this.consider(to, x, y, 2 * (coarse.dx[parent] as number), 2 * (coarse.dy[parent] as number));
        } else {
          this.consider(to, x, y, 0, 0);
        }
        if (predicted) {
          const cellX = (x + PATCH / 2) * cellsAPixel - 0.5;
          const cellY = (y + PATCH / 2) * cellsAPixel - 0.5;
          const at = nearestCell(cells, cellX, cellY);
          this.consider(
            to,
            x,
            y,
            (predicted.dx[at] as number) / cellsAPixel,
            (predicted.dy[at] as number) / cellsAPixel,
          );
        }
        if (column > 0) this.consider(to, x, y, grid.dx[index - 1] as number, grid.dy[index - 1] as number);
        if (row > 0) {
          const above = index - grid.columns;
          this.consider(to, x, y, grid.dx[above] as number, grid.dy[above] as number);
        }
        this.refine(to, x, y);
        grid.dx[index] = this.bestX;
        grid.dy[index] = this.bestY;
      }
    }
  }

  /** The patch of the first frame and its gradients (twice the central difference). */
  private load(from: Plane, x: number, y: number): void {
    const { template, gradientX, gradientY } = this;
    const { data, stride } = from;
    let i = 0;
    for (let row = 0; row < PATCH; row += 1) {
      let p = (y + row + PAD) * stride + x + PAD;
      for (let column = 0; column < PATCH; column += 1, p += 1, i += 1) {
        template[i] = data[p] as number;
        gradientX[i] = (data[p + 1] as number) - (data[p - 1] as number);
        gradientY[i] = (data[p + stride] as number) - (data[p - stride] as number);
      }
    }
  }

  /** Keeps the displacement if, rounded to whole pixels, it matches better than the best so far. */
  private consider(to: Plane, x: number, y: number, dx: number, dy: number): void {
    const left = clampStart(x + Math.round(dx), to.width);
    const top = clampStart(y + Math.round(dy), to.height);
    const { template } = this;
    const { data, stride } = to;
    let cost = 0;
    for (let row = 0; row < PATCH; row += 1) {
      let p = (top + row + PAD) * stride + left + PAD + (row & 1);
      let i = row * PATCH + (row & 1);
      for (let column = 0; column < PATCH; column += 2, p += 2, i += 2) {
        const difference = ((data[p] as number) - (template[i] as number)) | 0;
        cost = (cost + (difference < 0 ? -difference : difference)) | 0;
      }
    }
    if (cost < this.bestCost) {
      this.bestCost = cost;
      this.bestX = dx;
      this.bestY = dy;
    }
  }

  /** Gauss–Newton on zero-mean differences, so that a change of brightness does not pass for motion. */
  private refine(to: Plane, x: number, y: number): void {
    const { template, gradientX, gradientY } = this;
    const { data, stride } = to;
    let sumX = 0;
    let sumY = 0;
    let xx = 0;
    let xy = 0;
    let yy = 0;
    for (let i = 0; i < AREA; i += 1) {
      const gx = gradientX[i] as number;
      const gy = gradientY[i] as number;
      sumX = (sumX + gx) | 0;
      sumY = (sumY + gy) | 0;
      xx = (xx + Math.imul(gx, gx)) | 0;
      xy = (xy + Math.imul(gx, gy)) | 0;
      yy = (yy + Math.imul(gy, gy)) | 0;
    }
    const a = xx - (sumX * sumX) / AREA + DAMPING;
    const b = xy - (sumX * sumY) / AREA;
    const d = yy - (sumY * sumY) / AREA + DAMPING;
    const determinant = a * d - b * b;
    const startX = this.bestX;
    const startY = this.bestY;
    let dx = startX;
    let dy = startY;
    let best = Number.POSITIVE_INFINITY;
    for (let iteration = 0; iteration <= this.options.iterations; iteration += 1) {
      const floorX = Math.floor(dx);
      const floorY = Math.floor(dy);
      const left = clampStart(x + floorX, to.width - 1);
      const top = clampStart(y + floorY, to.height - 1);
      const wx = Math.round((dx - floorX) * ONE) | 0;
      const wy = Math.round((dy - floorY) * ONE) | 0;
      const w00 = Math.imul(ONE - wx, ONE - wy);
      const w01 = Math.imul(wx, ONE - wy);
      const w10 = Math.imul(ONE - wx, wy);
      const w11 = Math.imul(wx, wy);
      let sum = 0;
      let energy = 0;
      let byX = 0;
      let byY = 0;
      let i = 0;
      for (let row = 0; row < PATCH; row += 1) {
        let p = (top + row + PAD) * stride + left + PAD;
        let upper = data[p] as number;
        let lower = data[p + stride] as number;
        for (let column = 0; column < PATCH; column += 1, i += 1) {
          p += 1;
          const upperRight = data[p] as number;
          const lowerRight = data[p + stride] as number;
          const value =
            (Math.imul(upper, w00) +
              Math.imul(upperRight, w01) +
              Math.imul(lower, w10) +
              Math.imul(lowerRight, w11) +
              HALF) >>
            (2 * FRACTION_BITS);
          const difference = (value - (template[i] as number)) | 0;
          sum = (sum + difference) | 0;
          energy = (energy + Math.imul(difference, difference)) | 0;
          byX = (byX + Math.imul(difference, gradientX[i] as number)) | 0;
          byY = (byY + Math.imul(difference, gradientY[i] as number)) | 0;
          upper = upperRight;
          lower = lowerRight;
        }
      }
      const error = energy - (sum * sum) / AREA;
      if (error >= best) break;
      best = error;
      this.bestX = dx;
      this.bestY = dy;
      if (iteration === this.options.iterations) break;
      const bx = byX - (sumX * sum) / AREA;
      const by = byY - (sumY * sum) / AREA;
      // Gradients are doubled: the step is twice H⁻¹b.
      const stepX = (2 * (d * bx - b * by)) / determinant;
      const stepY = (2 * (a * by - b * bx)) / determinant;
      if (stepX * stepX + stepY * stepY < 0.0025) break;
      dx -= stepX;
      dy -= stepY;
      if (Math.abs(dx - startX) > PATCH / 2 || Math.abs(dy - startY) > PATCH / 2) break;
    }
  }

  /** Median of each component over 3 × 3 patches: removes lone mismatches, keeps motion edges. */
  private smoothLevel(grid: PatchGrid): void {
    for (const component of [grid.dx, grid.dy]) {
      this.scratch.set(component);
      for (let row = 1; row < grid.rows - 1; row += 1) {
        for (let column = 1; column < grid.columns - 1; column += 1) {
          const i = row * grid.columns + column;
          component[i] = median9(this.scratch, i, grid.columns);
        }
      }
    }
  }
}

/** Keeps flat patches still: about the squared gradient sum of one grey level of noise. */
const DAMPING = AREA * 4;
const HALF = 1 << (2 * FRACTION_BITS - 1);

const patchesAlong = (length: number): number => Math.ceil((length - PATCH) / STEP) + 1;

/** Keeps a patch within the border of the plane. */
function clampStart(start: number, length: number): number {
  const low = -PAD;
  const high = length + PAD - PATCH;
  return start < low ? low : Math.min(start, high);
}

function nearestCell({ width, height }: Size, x: number, y: number): number {
  const column = Math.min(Math.max(Math.round(x), 0), width - 1);
  const row = Math.min(Math.max(Math.round(y), 0), height - 1);
  return row * width + column;
}

/** Each cell gets the mean of the patches over it, weighted by how well each explains the cell's own luma. */
function densify(from: Plane, to: Plane, grid: PatchGrid, level: number, out: Field): void {
  const pixelsACell = 2 / 2 ** level;
  for (let cy = 0; cy < out.height; cy += 1) {
    const y = Math.min(Math.floor((cy + 0.5) * pixelsACell), from.height - 1);
    const lastRow = Math.min(Math.floor(y / STEP), grid.rows - 1);
    const firstRow = Math.max(lastRow - 1, 0);
    for (let cx = 0; cx < out.width; cx += 1) {
      const x = Math.min(Math.floor((cx + 0.5) * pixelsACell), from.width - 1);
      const lastColumn = Math.min(Math.floor(x / STEP), grid.columns - 1);
      const firstColumn = Math.max(lastColumn - 1, 0);
      const value = from.data[(y + PAD) * from.stride + x + PAD] as number;
      let total = 0;
      let sumX = 0;
      let sumY = 0;
      for (let row = firstRow; row <= lastRow; row += 1) {
        for (let column = firstColumn; column <= lastColumn; column += 1) {
          const patch = row * grid.columns + column;
          const dx = grid.dx[patch] as number;
          const dy = grid.dy[patch] as number;
          const difference = Math.abs(samplePlane(to, x + dx, y + dy) - value);
          const weight = 1 / Math.max(1, difference * difference);
          total += weight;
          sumX += weight * dx;
          sumY += weight * dy;
        }
      }
      const cell = cy * out.width + cx;
      out.dx[cell] = sumX / total / pixelsACell;
      out.dy[cell] = sumY / total / pixelsACell;
    }
  }
}

/** Mean absolute luma difference a cell after the motion is undone. */
export function measure(from: Plane, to: Plane, field: Field, residual: Float32Array): void {
  for (let cy = 0; cy < field.height; cy += 1) {
    for (let cx = 0; cx < field.width; cx += 1) {
      const cell = cy * field.width + cx;
      const dx = 2 * (field.dx[cell] as number);
      const dy = 2 * (field.dy[cell] as number);
      let sum = 0;
      for (let y = 2 * cy; y < 2 * cy + 2; y += 1) {
        for (let x = 2 * cx; x < 2 * cx + 2; x += 1) {
          const value = from.data[(y + PAD) * from.stride + x + PAD] as number;
          sum += Math.abs(samplePlane(to, x + dx, y + dy) - value);
        }
      }
      residual[cell] = sum / 4;
    }
  }
}

/** Bilinear; outside the plane's border the nearest pixel inside it. */
export function samplePlane({ data, width, height, stride }: Plane, x: number, y: number): number {
  const column = Math.min(Math.max(x, -PAD), width + PAD - 2);
  const row = Math.min(Math.max(y, -PAD), height + PAD - 2);
  const left = Math.floor(column);
  const top = Math.floor(row);
  const wx = column - left;
  const wy = row - top;
  const p = (top + PAD) * stride + left + PAD;
  const upper = (data[p] as number) * (1 - wx) + (data[p + 1] as number) * wx;
  const lower = (data[p + stride] as number) * (1 - wx) + (data[p + stride + 1] as number) * wx;
  return upper * (1 - wy) + lower * wy;
}

/** Median of nine by partial selection; values around index `i` of rows of `width`. */
function median9(values: Float32Array, i: number, width: number): number {
  const window = MEDIAN_WINDOW;
  let n = 0;
  for (let row = -1; row <= 1; row += 1) {
    for (let column = -1; column <= 1; column += 1) {
      const value = values[i + row * width + column] as number;
      let k = n - 1;
      while (k >= 0 && (window[k] as number) > value) {
        window[k + 1] = window[k] as number;
        k -= 1;
      }
      window[k + 1] = value;
      n += 1;
    }
  }
  return window[4] as number;
}
const MEDIAN_WINDOW = new Float64Array(9);
