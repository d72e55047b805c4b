import type { Field } from '../src/temporal/field.js';
import { PATCH, patchGrid, STEP } from '../src/temporal/patches.js';
import { PAD, type Plane, type Pyramid } from '../src/temporal/plane.js';
import { KernelMemory } from '../src/temporal/wasm.js';
import { densify } from '../test/unit/temporal/scalar/motion.js';

/** Whole pixels around each start that are tried, in each direction. */
const REACH = 2;

/**
 * The candidate that inverse search was chosen over: hierarchical block matching over the same patches. Each starts at the coarser level's
 * displacement and at the predicted one, and takes the whole-pixel neighbour with the least sum of absolute differences.
 */
export class BlockMatching {
  private readonly grids;

  constructor(
    pyramid: Pyramid,
    private readonly finest: 0 | 1,
  ) {
    const memory = new KernelMemory();
    this.grids = pyramid.map((plane) => patchGrid(memory, plane));
  }

  run(from: Pyramid, to: Pyramid, predicted: Field, out: Field): void {
    for (let level = from.length - 1; level >= this.finest; level -= 1) {
      this.match(from[level] as Plane, to[level] as Plane, level, predicted);
    }
    const grid = this.grids[this.finest] as ReturnType<typeof patchGrid>;
    densify(from[this.finest] as Plane, to[this.finest] as Plane, grid, this.finest, out);
  }

  private match(from: Plane, to: Plane, level: number, predicted: Field): void {
    const grid = this.grids[level] as ReturnType<typeof patchGrid>;
    const coarse = this.grids[level + 1];
    const pixelsACell = 2 / 2 ** level;
    for (let row = 0; row < grid.rows; row += 1) {
      const y = Math.min(row * STEP, from.height - PATCH);
      for (let column = 0; column < grid.columns; column += 1) {
        const x = Math.min(column * STEP, from.width - PATCH);
        const parent = coarse
          ? Math.min(row >> 1, coarse.rows - 1) * coarse.columns + Math.min(column >> 1, coarse.columns - 1)
          : 0;
        const cellX = Math.min(Math.max(Math.round((x + PATCH / 2) / pixelsACell - 0.5), 0), predicted.width - 1);
        const cellY = Math.min(Math.max(Math.round((y + PATCH / 2) / pixelsACell - 0.5), 0), predicted.height - 1);
        const cell = cellY * predicted.width + cellX;
        const starts = [
          [2 * (coarse?.dx[parent] ?? 0), 2 * (coarse?.dy[parent] ?? 0)],
          [(predicted.dx[cell] as number) * pixelsACell, (predicted.dy[cell] as number) * pixelsACell],
        ] as const;
        let best = Number.POSITIVE_INFINITY;
        const index = row * grid.columns + column;
        for (const [startX, startY] of starts) {
          for (let dy = Math.round(startY) - REACH; dy <= Math.round(startY) + REACH; dy += 1) {
            for (let dx = Math.round(startX) - REACH; dx <= Math.round(startX) + REACH; dx += 1) {
              const cost = difference(from, to, x, y, dx, dy);
              if (cost >= best) continue;
              best = cost;
              grid.dx[index] = dx;
              grid.dy[index] = dy;
            }
          }
        }
      }
    }
  }
}

function difference(from: Plane, to: Plane, x: number, y: number, dx: number, dy: number): number {
  const left = Math.min(Math.max(x + dx, -PAD), to.width + PAD - PATCH);
  const top = Math.min(Math.max(y + dy, -PAD), to.height + PAD - PATCH);
  let sum = 0;
  for (let row = 0; row < PATCH; row += 1) {
    let p = (y + row + PAD) * from.stride + x + PAD;
    let q = (top + row + PAD) * to.stride + left + PAD;
    for (let column = 0; column < PATCH; column += 1, p += 1, q += 1) {
      sum += Math.abs((from.data[p] as number) - (to.data[q] as number));
    }
  }
  return sum;
}
