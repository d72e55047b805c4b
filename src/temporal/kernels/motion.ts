import { Field, Patches, Plane, STEP } from './layout';
import { ramp, sample4, sumF32 } from './vector';

/** Sum of differences in pixels up to which patches agree, and their mean will do. */
const AGREEMENT: f32 = 0.25;

/**
 * One displacement a grid cell out of the four patches over it: `../field.ts` holds what comes out.
 * @param pixelsACell of the planes' level, 1 or 2
 */
export function densify(from: Plane, to: Plane, patches: Patches, pixelsACell: i32, out: Field): void {
  const cellsAPixel: f32 = 1 / (pixelsACell as f32);
  for (let cy = 0, cell: usize = 0; cy < out.height; cy++) {
    const y = min(cy * pixelsACell + (pixelsACell >> 1), from.height - 1);
    const last = min(y / STEP, patches.rows - 1);
    const upper = max(last - 1, 0) * patches.columns;
    const lower = last * patches.columns;
    for (let cx = 0; cx < out.width; cx++, cell += 4) {
      const x = min(cx * pixelsACell + (pixelsACell >> 1), from.width - 1);
      const right = min(x / STEP, patches.columns - 1);
      const left = max(right - 1, 0);
      const dx = four(patches.dx, upper + left, upper + right, lower + left, lower + right);
      const dy = four(patches.dy, upper + left, upper + right, lower + left, lower + right);
      let weights = f32x4.splat(0.25);
      if (apart(dx) + apart(dy) >= AGREEMENT) {
        weights = explained(from, to, x, y, dx, dy);
        weights = f32x4.div(weights, f32x4.splat(sumF32(weights)));
      }
      store<f32>(out.dx + cell, sumF32(f32x4.mul(weights, dx)) * cellsAPixel);
      store<f32>(out.dy + cell, sumF32(f32x4.mul(weights, dy)) * cellsAPixel);
    }
  }
}

function four(values: usize, a: i32, b: i32, c: i32, d: i32): v128 {
  let v = v128.load32_zero(values + 4 * a);
  v = v128.load32_lane(values + 4 * b, v, 1);
  v = v128.load32_lane(values + 4 * c, v, 2);
  return v128.load32_lane(values + 4 * d, v, 3);
}

/** Sum of distances from the first. */
function apart(v: v128): f32 {
  return sumF32(f32x4.abs(f32x4.sub(v, f32x4.splat(f32x4.extract_lane(v, 0)))));
}

/** How well each of four displacements explains the luma of a pixel: 1 / max(1, difference²). */
function explained(from: Plane, to: Plane, x: i32, y: i32, dx: v128, dy: v128): v128 {
  const value: f32 = load<u8>(from.origin + y * from.stride + x);
  const there = sample4(to, f32x4.add(f32x4.splat(x as f32), dx), f32x4.add(f32x4.splat(y as f32), dy));
  const difference = f32x4.sub(there, f32x4.splat(value));
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.max(one, f32x4.mul(difference, difference)));
}

/** residual(p) = |to(p + field(p)) − from(p)|, planes of one pixel a cell. Writes up to 3 values past the end. */
export function measure(from: Plane, to: Plane, field: Field, residual: usize): void {
  for (let y = 0; y < field.height; y++) {
    const row = from.origin + y * from.stride;
    const cells = 4 * y * field.width;
    for (let x = 0; x < field.width; x += 4) {
      const cell = cells + 4 * x;
      const moved = sample4(
        to,
        f32x4.add(f32x4.add(f32x4.splat(x as f32), ramp()), v128.load(field.dx + cell)),
        f32x4.add(f32x4.splat(y as f32), v128.load(field.dy + cell)),
      );
      const here = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(v128.load8x8_u(row + x)));
      v128.store(residual + cell, f32x4.abs(f32x4.sub(moved, here)));
    }
  }
}

/** out(p) = newer(p) + older(p + newer(p)); see `../field.ts`. */
export function composeFields(newer: Field, older: Field, out: Field): void {
  const width = newer.width;
  const height = newer.height;
  // A grid of one row or column has no second neighbour: the first counts twice.
  const lastColumn = max(0, width - 2);
  const lastRow = max(0, height - 2);
  const right = width > 1 ? 4 : 0;
  const below = height > 1 ? 4 * width : 0;
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell += 4) {
      const dx = load<f32>(newer.dx + cell);
      const dy = load<f32>(newer.dy + cell);
      const column = min<f32>(max<f32>((x as f32) + dx, 0), (width - 1) as f32);
      const row = min<f32>(max<f32>((y as f32) + dy, 0), (height - 1) as f32);
      const left = min(column as i32, lastColumn);
      const top = min(row as i32, lastRow);
      const wx = column - (left as f32);
      const wy = row - (top as f32);
      const p = 4 * (top * width + left);
      store<f32>(out.dx + cell, dx + bilinear(older.dx + p, right, below, wx, wy));
      store<f32>(out.dy + cell, dy + bilinear(older.dy + p, right, below, wx, wy));
    }
  }
}

function bilinear(at: usize, right: i32, below: i32, wx: f32, wy: f32): f32 {
  const a = load<f32>(at);
  const b = load<f32>(at + right);
  const c = load<f32>(at + below);
  const d = load<f32>(at + below + right);
  const upper = a + (b - a) * wx;
  const lower = c + (d - c) * wx;
  return upper + (lower - upper) * wy;
}

/** How many of `count` values lie above `limit`. */
export function countAbove(values: usize, count: i32, limit: f32): i32 {
  let seen = 0;
  for (let i = 0; i < count; i++) seen += (load<f32>(values + 4 * i) > limit) as i32;
  return seen;
}
