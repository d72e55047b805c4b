import { Field, PAD, PATCH, Patches, Plane, STEP } from './layout';
import { absoluteDifference, sumI32 } from './vector';

/** The inner loops of `../inverse-search.ts`, which says what they are for. */

const AREA: i32 = PATCH * PATCH;
/** Sub-pixel positions a pixel, as a shift: weights are whole 64ths. */
const FRACTION_BITS: i32 = 6;
const ONE: i32 = 1 << FRACTION_BITS;
/** Rounds a bilinear value. */
const HALF: i32 = 1 << (2 * FRACTION_BITS - 1);

/** Keeps flat patches still: about the squared gradient sum of one grey level of noise. */
const DAMPING: i32 = AREA * 4;
/** Squared error of a patch, below a grey level a pixel, that is mostly noise. */
const GOOD_ENOUGH: f64 = AREA / 2;
/** Squared step in pixels that is not worth another. */
const STILL: f64 = 0.0025;

/** The patch at hand and its gradients (twice the central difference), rows of 8 i16. */
const TEMPLATE: usize = memory.data(128, 16);
const GRADIENT_X: usize = memory.data(128, 16);
const GRADIENT_Y: usize = memory.data(128, 16);

let bestX: f64 = 0;
let bestY: f64 = 0;
let bestCost: i32 = 0;
/** Where the last candidate was looked for: many round to the same place. */
let lastPlace: usize = 0;

/** Coarse to fine. @param coarse of the level above, or 0 @param cellsAPixel of this level */
export function searchLevel(
  from: Plane,
  to: Plane,
  coarse: Patches | null,
  predicted: Field,
  cellsAPixel: f64,
  iterations: i32,
  out: Patches,
): void {
  const columns = out.columns;
  const rows = out.rows;
  for (let row = 0; row < rows; row++) {
    const y = min(row * STEP, from.height - PATCH);
    for (let column = 0; column < columns; column++) {
      const x = min(column * STEP, from.width - PATCH);
      const index = row * columns + column;
      const patch = from.origin + y * from.stride + x;
      lastPlace = 0;
      bestCost = i32.MAX_VALUE;
      if (coarse) {
        const parent = min(row >> 1, coarse.rows - 1) * coarse.columns + min(column >> 1, coarse.columns - 1);
        consider(from, patch, to, x, y, 2 * at(coarse.dx, parent), 2 * at(coarse.dy, parent));
      } else {
        consider(from, patch, to, x, y, 0, 0);
      }
      const centre: f64 = PATCH / 2;
      const cell = nearestCell(predicted, (x + centre) * cellsAPixel - 0.5, (y + centre) * cellsAPixel - 0.5);
      consider(from, patch, to, x, y, at(predicted.dx, cell) / cellsAPixel, at(predicted.dy, cell) / cellsAPixel);
      if (column > 0) consider(from, patch, to, x, y, at(out.dx, index - 1), at(out.dy, index - 1));
      if (row > 0) consider(from, patch, to, x, y, at(out.dx, index - columns), at(out.dy, index - columns));
      refine(from, patch, to, x, y, iterations);
      put(out.dx, index, bestX);
      put(out.dy, index, bestY);
    }
  }
}

/** From where `field` says, at the finest level. */
export function correctLevel(from: Plane, to: Plane, field: Field, iterations: i32, out: Patches): void {
  const columns = out.columns;
  const rows = out.rows;
  for (let row = 0; row < rows; row++) {
    const y = min(row * STEP, from.height - PATCH);
    for (let column = 0; column < columns; column++) {
      const x = min(column * STEP, from.width - PATCH);
      const index = row * columns + column;
      const centre: f64 = PATCH / 2;
      const cell = nearestCell(field, (x + centre) / 2 - 0.5, (y + centre) / 2 - 0.5);
      bestX = 2 * at(field.dx, cell);
      bestY = 2 * at(field.dy, cell);
      refine(from, from.origin + y * from.stride + x, to, x, y, iterations);
      put(out.dx, index, bestX);
      put(out.dy, index, bestY);
    }
  }
}

/** Keeps the displacement if, rounded to whole pixels, it matches better than the best so far. */
function consider(from: Plane, patch: usize, to: Plane, x: i32, y: i32, dx: f64, dy: f64): void {
  const left = clampStart(x + (Math.floor(dx + 0.5) as i32), to.width);
  const top = clampStart(y + (Math.floor(dy + 0.5) as i32), to.height);
  const place = to.origin + top * to.stride + left;
  if (place === lastPlace) return;
  lastPlace = place;
  let p = patch;
  let q = place;
  let sums = i16x8.splat(0);
  for (let row = 0; row < PATCH; row += 2) {
    const a = v128.load64_lane(p + from.stride, v128.load64_zero(p), 1);
    const b = v128.load64_lane(q + to.stride, v128.load64_zero(q), 1);
    sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(absoluteDifference(a, b)));
    p += 2 * from.stride;
    q += 2 * to.stride;
  }
  const cost = sumI32(i32x4.extadd_pairwise_i16x8_u(sums));
  if (cost < bestCost) {
    bestCost = cost;
    bestX = dx;
    bestY = dy;
  }
}

/** What `takeTemplate` has found out of a patch: sums of its gradients, and of their products about the mean (the Hessian). */
let sumX: f64 = 0;
let sumY: f64 = 0;
let hessianXX: f64 = 0;
let hessianXY: f64 = 0;
let hessianYY: f64 = 0;

function takeTemplate(from: Plane, patch: usize): void {
  let sumsX = i16x8.splat(0);
  let sumsY = i16x8.splat(0);
  let sumsXX = i32x4.splat(0);
  let sumsXY = i32x4.splat(0);
  let sumsYY = i32x4.splat(0);
  let p = patch;
  for (let row: usize = 0; row < 16 * PATCH; row += 16, p += from.stride) {
    const gx = i16x8.sub(v128.load8x8_u(p + 1), v128.load8x8_u(p - 1));
    const gy = i16x8.sub(v128.load8x8_u(p + from.stride), v128.load8x8_u(p - from.stride));
    v128.store(TEMPLATE + row, v128.load8x8_u(p));
    v128.store(GRADIENT_X + row, gx);
    v128.store(GRADIENT_Y + row, gy);
    sumsX = i16x8.add(sumsX, gx);
    sumsY = i16x8.add(sumsY, gy);
    sumsXX = i32x4.add(sumsXX, i32x4.dot_i16x8_s(gx, gx));
    sumsXY = i32x4.add(sumsXY, i32x4.dot_i16x8_s(gx, gy));
    sumsYY = i32x4.add(sumsYY, i32x4.dot_i16x8_s(gy, gy));
  }
  sumX = sumI32(i32x4.extadd_pairwise_i16x8_s(sumsX));
  sumY = sumI32(i32x4.extadd_pairwise_i16x8_s(sumsY));
  hessianXX = (sumI32(sumsXX) as f64) - (sumX * sumX) / AREA + DAMPING;
  hessianXY = (sumI32(sumsXY) as f64) - (sumX * sumY) / AREA;
  hessianYY = (sumI32(sumsYY) as f64) - (sumY * sumY) / AREA + DAMPING;
}

/** Gauss–Newton on zero-mean differences, so that a change of brightness does not pass for motion. */
function refine(from: Plane, patch: usize, to: Plane, x: i32, y: i32, iterations: i32): void {
  takeTemplate(from, patch);
  const a = hessianXX;
  const b = hessianXY;
  const d = hessianYY;
  const determinant = a * d - b * b;
  const startX = bestX;
  const startY = bestY;
  let dx = startX;
  let dy = startY;
  let best: f64 = Infinity;
  for (let iteration = 0; iteration <= iterations; iteration++) {
    const floorX = Math.floor(dx);
    const floorY = Math.floor(dy);
    const left = clampStart(x + (floorX as i32), to.width - 1);
    const top = clampStart(y + (floorY as i32), to.height - 1);
    const wx = Math.floor((dx - floorX) * ONE + 0.5) as i32;
    const wy = Math.floor((dy - floorY) * ONE + 0.5) as i32;
    const rightWeight = i16x8.splat(wx as i16);
    const leftWeight = i16x8.splat((ONE - wx) as i16);
    // Pairs of 16-bit weights, for the upper and the lower row.
    const weights = i32x4.splat((wy << 16) | (ONE - wy));
    let sums = i16x8.splat(0);
    let energies = i32x4.splat(0);
    let sumsByX = i32x4.splat(0);
    let sumsByY = i32x4.splat(0);
    let q = to.origin + top * to.stride + left;
    let upper = mixed(q, leftWeight, rightWeight);
    for (let row: usize = 0; row < 16 * PATCH; row += 16) {
      q += to.stride;
      const lower = mixed(q, leftWeight, rightWeight);
      const low = i32x4.dot_i16x8_s(i16x8.shuffle(upper, lower, 0, 8, 1, 9, 2, 10, 3, 11), weights);
      const high = i32x4.dot_i16x8_s(i16x8.shuffle(upper, lower, 4, 12, 5, 13, 6, 14, 7, 15), weights);
      const value = i16x8.narrow_i32x4_s(rounded(low), rounded(high));
      const difference = i16x8.sub(value, v128.load(TEMPLATE + row));
      sums = i16x8.add(sums, difference);
      energies = i32x4.add(energies, i32x4.dot_i16x8_s(difference, difference));
      sumsByX = i32x4.add(sumsByX, i32x4.dot_i16x8_s(difference, v128.load(GRADIENT_X + row)));
      sumsByY = i32x4.add(sumsByY, i32x4.dot_i16x8_s(difference, v128.load(GRADIENT_Y + row)));
      upper = lower;
    }
    const sum: f64 = sumI32(i32x4.extadd_pairwise_i16x8_s(sums));
    const error = (sumI32(energies) as f64) - (sum * sum) / AREA;
    if (error >= best) break;
    best = error;
    bestX = dx;
    bestY = dy;
    if (iteration === iterations || error < GOOD_ENOUGH) break;
    const bx = (sumI32(sumsByX) as f64) - (sumX * sum) / AREA;
    const by = (sumI32(sumsByY) as f64) - (sumY * sum) / AREA;
    // Gradients are doubled: the step is twice H⁻¹b.
    const stepX = (2 * (d * bx - b * by)) / determinant;
    const stepY = (2 * (a * by - b * bx)) / determinant;
    if (stepX * stepX + stepY * stepY < STILL) break;
    dx -= stepX;
    dy -= stepY;
    if (Math.abs(dx - startX) > PATCH / 2 || Math.abs(dy - startY) > PATCH / 2) break;
  }
}

/** 8 pixels of a row, each mixed with the one right of it, times ONE: at most 255 · 64, so 16 bits hold it. */
function mixed(at: usize, leftWeight: v128, rightWeight: v128): v128 {
  return i16x8.add(i16x8.mul(v128.load8x8_u(at), leftWeight), i16x8.mul(v128.load8x8_u(at, 1), rightWeight));
}

function rounded(v: v128): v128 {
  return i32x4.shr_s(i32x4.add(v, i32x4.splat(HALF)), 2 * FRACTION_BITS);
}

/** Median of each component over 3 × 3 patches: removes lone mismatches, keeps motion edges. @param scratch as long as a component */
export function smoothLevel(patches: Patches, scratch: usize): void {
  smoothComponent(patches.dx, patches.columns, patches.rows, scratch);
  smoothComponent(patches.dy, patches.columns, patches.rows, scratch);
}

function smoothComponent(component: usize, columns: i32, rows: i32, scratch: usize): void {
  memory.copy(scratch, component, 4 * columns * rows);
  for (let row = 1; row < rows - 1; row++) {
    let column = 1;
    for (; column + 4 < columns; column += 4) {
      v128.store(
        component + 4 * (row * columns + column),
        median9(scratch + 4 * (row * columns + column), 4 * columns),
      );
    }
    for (; column < columns - 1; column++) {
      const at = 4 * (row * columns + column);
      store<f32>(component + at, f32x4.extract_lane(median9(scratch + at, 4 * columns), 0));
    }
  }
}

/**
 * Of 3 × 3 values around each of four: the middle one of the greatest of the rows' least, the middle of their middles, and the least of their
 * greatest (Smith, Implementing median filters in XC4000E FPGAs, 1996).
 */
function median9(at: usize, stride: i32): v128 {
  const a = v128.load(at - stride - 4);
  const b = v128.load(at - stride);
  const c = v128.load(at - stride + 4);
  const d = v128.load(at - 4);
  const e = v128.load(at);
  const f = v128.load(at + 4);
  const g = v128.load(at + stride - 4);
  const h = v128.load(at + stride);
  const i = v128.load(at + stride + 4);
  return middle(
    greatest(least(a, b, c), least(d, e, f), least(g, h, i)),
    middle(middle(a, b, c), middle(d, e, f), middle(g, h, i)),
    least(greatest(a, b, c), greatest(d, e, f), greatest(g, h, i)),
  );
}

function least(a: v128, b: v128, c: v128): v128 {
  return f32x4.min(f32x4.min(a, b), c);
}

function middle(a: v128, b: v128, c: v128): v128 {
  return f32x4.max(f32x4.min(a, b), f32x4.min(f32x4.max(a, b), c));
}

function greatest(a: v128, b: v128, c: v128): v128 {
  return f32x4.max(f32x4.max(a, b), c);
}

/** Keeps a patch within the border of the plane. */
function clampStart(start: i32, length: i32): i32 {
  return max(min(start, length + PAD - PATCH), -PAD);
}

function nearestCell(field: Field, x: f64, y: f64): i32 {
  const column = min(max(Math.floor(x + 0.5) as i32, 0), field.width - 1);
  const row = min(max(Math.floor(y + 0.5) as i32, 0), field.height - 1);
  return row * field.width + column;
}

function at(values: usize, index: i32): f64 {
  return load<f32>(values + 4 * index);
}

function put(values: usize, index: i32, value: f64): void {
  store<f32>(values + 4 * index, value as f32);
}
