import type { Size } from '../../../../src/core/geometry.js';
import { STEP } from '../../../../src/temporal/patches.js';
import { PAD, type Plane } from '../../../../src/temporal/plane.js';

/** What the kernels for dense motion compute, in plain TypeScript. */

export interface PlainField extends Size {
  readonly dx: Float32Array;
  readonly dy: Float32Array;
}
type Field = PlainField;

export interface Patches {
  readonly columns: number;
  readonly rows: number;
  readonly dx: Float32Array;
  readonly dy: Float32Array;
}

/** Sum of differences in pixels up to which patches agree, and their mean will do. */
const AGREEMENT = 0.25;

/**
 * Each cell gets the mean of the patches over it, weighted by how well each explains the cell's own luma where they disagree: that
 * keeps motion edges sharper than a patch.
 * @param level of the planes in their pyramid
 */
export function densify(from: Plane, to: Plane, patches: Patches, level: number, out: Field): void {
  const pixelsACell = 2 / 2 ** level;
  const { dx, dy, columns, rows } = patches;
  for (let cy = 0, cell = 0; cy < out.height; cy += 1) {
    const y = Math.min(Math.floor((cy + 0.5) * pixelsACell), from.height - 1);
    const last = Math.min(Math.floor(y / STEP), rows - 1);
    const upper = Math.max(last - 1, 0) * columns;
    const lower = last * columns;
    for (let cx = 0; cx < out.width; cx += 1, cell += 1) {
      const x = Math.min(Math.floor((cx + 0.5) * pixelsACell), from.width - 1);
      const right = Math.min(Math.floor(x / STEP), columns - 1);
      const left = Math.max(right - 1, 0);
      const dx1 = dx[upper + left] as number;
      const dy1 = dy[upper + left] as number;
      const dx2 = dx[upper + right] as number;
      const dy2 = dy[upper + right] as number;
      const dx3 = dx[lower + left] as number;
      const dy3 = dy[lower + left] as number;
      const dx4 = dx[lower + right] as number;
      const dy4 = dy[lower + right] as number;
      const spread =
        Math.abs(dx2 - dx1) +
        Math.abs(dy2 - dy1) +
        Math.abs(dx3 - dx1) +
        Math.abs(dy3 - dy1) +
        Math.abs(dx4 - dx1) +
        Math.abs(dy4 - dy1);
      if (spread < AGREEMENT) {
        out.dx[cell] = (dx1 + dx2 + dx3 + dx4) / 4 / pixelsACell;
        out.dy[cell] = (dy1 + dy2 + dy3 + dy4) / 4 / pixelsACell;
        continue;
      }
      const value = from.data[(y + PAD) * from.stride + x + PAD] as number;
      const a = explains(to, x + dx1, y + dy1, value);
      const b = explains(to, x + dx2, y + dy2, value);
      const c = explains(to, x + dx3, y + dy3, value);
      const e = explains(to, x + dx4, y + dy4, value);
      const scale = 1 / ((a + b + c + e) * pixelsACell);
      out.dx[cell] = (a * dx1 + b * dx2 + c * dx3 + e * dx4) * scale;
      out.dy[cell] = (a * dy1 + b * dy2 + c * dy3 + e * dy4) * scale;
    }
  }
}

function explains(to: Plane, x: number, y: number, value: number): number {
  const difference = samplePlane(to, x, y) - value;
  return 1 / Math.max(1, difference * difference);
}

/**
 * Absolute luma difference a cell, 0–255, after the motion is undone.
 * @param from the plane of one pixel a cell (level 1), as is `to`
 */
export function measure(from: Plane, to: Plane, field: Field, residual: Float32Array): void {
  for (let y = 0, cell = 0; y < field.height; y += 1) {
    let p = (y + PAD) * from.stride + PAD;
    for (let x = 0; x < field.width; x += 1, p += 1, cell += 1) {
      const moved = samplePlane(to, x + (field.dx[cell] as number), y + (field.dy[cell] as number));
      residual[cell] = Math.abs(moved - (from.data[p] as number));
    }
  }
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

/** Bilinear; outside the plane's border the nearest pixel inside it. */
function samplePlane({ data, width, height, stride }: Plane, x: number, y: number): number {
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
