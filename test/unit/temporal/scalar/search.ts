import type { Size } from '../../../../src/core/geometry.js';
import type { SearchOptions } from '../../../../src/temporal/inverse-search.js';
import { PATCH, type PatchGrid, patchGrid, STEP } from '../../../../src/temporal/patches.js';
import { PAD, type Plane, type Pyramid } from '../../../../src/temporal/plane.js';
import { KernelMemory } from '../../../../src/temporal/wasm.js';
import { densify, type PlainField as Field, type Patches } from './motion.js';

const plainPatches = ({ columns, rows, dx }: PatchGrid): Patches => ({
  columns,
  rows,
  dx: new Float32Array(dx.length),
  dy: new Float32Array(dx.length),
});

const AREA = PATCH * PATCH;
/** Sub-pixel positions a pixel, as a shift: weights are whole 64ths. */
const FRACTION_BITS = 6;
const ONE = 1 << FRACTION_BITS;

/** Keeps flat patches still: about the squared gradient sum of one grey level of noise. */
const DAMPING = AREA * 4;
/** Squared error of a patch, below a grey level a pixel, that is mostly noise. */
const GOOD_ENOUGH = AREA / 2;
/** Squared step in pixels that is not worth another. */
const STILL = 0.0025;
/** Rounds a bilinear value. */
const HALF = 1 << (2 * FRACTION_BITS - 1);

/** Motion search as the kernels do it, one pixel after the other. */
export class ScalarSearch {
  private readonly grids: Patches[];
  private readonly scratch: Float32Array;
  private readonly template = new Int32Array(AREA);
  private readonly gradientX = new Int32Array(AREA);
  private readonly gradientY = new Int32Array(AREA);
  private bestX = 0;
  private bestY = 0;
  private bestCost = 0;
  /** Where the last candidate was looked for: many round to the same place. */
  private lastLeft = 0;
  private lastTop = 0;

  constructor(
    pyramid: Pyramid,
    private readonly options: SearchOptions,
  ) {
    const memory = new KernelMemory();
    this.grids = pyramid.map((plane) => plainPatches(patchGrid(memory, plane)));
    memory.close();
    this.scratch = new Float32Array(Math.max(...this.grids.map(({ dx }) => dx.length)));
  }

  /** Searches from nothing but a guess, coarse to fine. */
  run(from: Pyramid, to: Pyramid, predicted: Field, out: Field): void {
    const { finest } = this.options;
    for (let level = from.length - 1; level >= finest; level -= 1) {
      this.searchLevel(from[level] as Plane, to[level] as Plane, level, predicted);
      this.smoothLevel(this.grids[level] as Patches);
    }
    densify(from[finest] as Plane, to[finest] as Plane, this.grids[finest] as Patches, finest, out);
  }

  /**
   * Improves a field that is nearly right, at the finest level only: what creeps in over many composed steps is taken out
   * again against the frame that the field leads to. No median here: a lone patch may be a pole.
   */
  correct(from: Plane, to: Plane, field: Field, out: Field): void {
    const grid = this.grids[0] as Patches;
    for (let row = 0; row < grid.rows; row += 1) {
      const y = Math.min(row * STEP, from.height - PATCH);
      for (let column = 0; column < grid.columns; column += 1) {
        const x = Math.min(column * STEP, from.width - PATCH);
        const cell = nearestCell(field, (x + PATCH / 2) / 2 - 0.5, (y + PATCH / 2) / 2 - 0.5);
        this.bestX = 2 * (field.dx[cell] as number);
        this.bestY = 2 * (field.dy[cell] as number);
        this.load(from, x, y);
        this.refine(to, x, y);
        const index = row * grid.columns + column;
        grid.dx[index] = this.bestX;
        grid.dy[index] = this.bestY;
      }
    }
    densify(from, to, grid, 0, out);
  }

  private searchLevel(from: Plane, to: Plane, level: number, predicted: Field): void {
    const grid = this.grids[level] as Patches;
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
          const at = nearestCell(predicted, cellX, cellY);
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
    if (this.bestCost !== Number.POSITIVE_INFINITY && left === this.lastLeft && top === this.lastTop) return;
    this.lastLeft = left;
    this.lastTop = top;
    const { template } = this;
    const { data, stride } = to;
    let cost = 0;
    for (let row = 0; row < PATCH; row += 1) {
      let p = (top + row + PAD) * stride + left + PAD;
      let i = row * PATCH;
      for (let column = 0; column < PATCH; column += 1, p += 1, i += 1) {
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
      if (iteration === this.options.iterations || error < GOOD_ENOUGH) break;
      const bx = byX - (sumX * sum) / AREA;
      const by = byY - (sumY * sum) / AREA;
      // Gradients are doubled: the step is twice H⁻¹b.
      const stepX = (2 * (d * bx - b * by)) / determinant;
      const stepY = (2 * (a * by - b * bx)) / determinant;
      if (stepX * stepX + stepY * stepY < STILL) break;
      dx -= stepX;
      dy -= stepY;
      if (Math.abs(dx - startX) > PATCH / 2 || Math.abs(dy - startY) > PATCH / 2) break;
    }
  }

  /** Median of each component over 3 × 3 patches: removes lone mismatches, keeps motion edges. */
  private smoothLevel(grid: Patches): void {
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
