import type { Size } from '../core/geometry.js';

/**
 * Motion on the grid: what cell (x, y) of one frame shows lay at (x + dx, y + dy) in an earlier frame. In grid cells;
 * row-major.
 */
export interface Field extends Size {
  readonly dx: Float32Array;
  readonly dy: Float32Array;
}

export function createField({ width, height }: Size): Field {
  return { width, height, dx: new Float32Array(width * height), dy: new Float32Array(width * height) };
}

export function clearField(field: Field): void {
  field.dx.fill(0);
  field.dy.fill(0);
}

export function copyField(from: Field, to: Field): void {
  to.dx.set(from.dx);
  to.dy.set(from.dy);
}

/**
 * The way over two steps: `newer` leads from frame n to n−1, `older` from n−1 to an earlier frame; `out` leads from n to that one:
 * out(p) = newer(p) + older(p + newer(p)). `out` may be neither of the two.
 */
export function composeFields(newer: Field, older: Field, out: Field): void {
  const { width, height } = newer;
  // A grid of one row or column has no second neighbour: the first counts twice.
  const lastColumn = Math.max(0, width - 2);
  const lastRow = Math.max(0, height - 2);
  const right = width > 1 ? 1 : 0;
  const below = height > 1 ? width : 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      const dx = newer.dx[i] as number;
      const dy = newer.dy[i] as number;
      const column = Math.min(Math.max(x + dx, 0), width - 1);
      const row = Math.min(Math.max(y + dy, 0), height - 1);
      const left = Math.min(column | 0, lastColumn);
      const top = Math.min(row | 0, lastRow);
      const wx = column - left;
      const wy = row - top;
      const p = top * width + left;
      const q = p + below;
      const w00 = (1 - wx) * (1 - wy);
      const w01 = wx * (1 - wy);
      const w10 = (1 - wx) * wy;
      const w11 = wx * wy;
      out.dx[i] =
        dx +
        (older.dx[p] as number) * w00 +
        (older.dx[p + right] as number) * w01 +
        (older.dx[q] as number) * w10 +
        (older.dx[q + right] as number) * w11;
      out.dy[i] =
        dy +
        (older.dy[p] as number) * w00 +
        (older.dy[p + right] as number) * w01 +
        (older.dy[q] as number) * w10 +
        (older.dy[q + right] as number) * w11;
    }
  }
}
