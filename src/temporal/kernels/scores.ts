import { Field, Plane, Scores } from './layout';
import { maxF32, ramp, sumF32 } from './vector';

/**
 * Class-major scores of `width` × `height` (CHW, f32, at `from`) to the cell-major grid: copied where the size agrees, else resampled bilinearly.
 */
export function readScores(from: usize, width: i32, height: i32, out: Scores): void {
  if (width === out.width && height === out.height) transpose(from, out);
  else resample(from, width, height, out);
}

function transpose(from: usize, out: Scores): void {
  const cells = out.width * out.height;
  const plane = 4 * cells;
  const cellBytes = 4 * out.lanes;
  for (let c = 0; c < out.lanes; c += 4) {
    const a = from + c * plane;
    const known = out.classes - c;
    const whole = known >= 4 ? cells & ~3 : 0;
    let to = out.data + 4 * c;
    let i = 0;
    for (; i < whole; i += 4) {
      const p = a + 4 * i;
      const r0 = v128.load(p);
      const r1 = v128.load(p + plane);
      const r2 = v128.load(p + 2 * plane);
      const r3 = v128.load(p + 3 * plane);
      const l01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
      const h01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
      const l23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
      const h23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
      v128.store(to, i64x2.shuffle(l01, l23, 0, 2));
      v128.store(to + cellBytes, i64x2.shuffle(l01, l23, 1, 3));
      v128.store(to + 2 * cellBytes, i64x2.shuffle(h01, h23, 0, 2));
      v128.store(to + 3 * cellBytes, i64x2.shuffle(h01, h23, 1, 3));
      to += 4 * cellBytes;
    }
    for (; i < cells; i++, to += cellBytes) {
      for (let k = 0; k < 4; k++) store<f32>(to + 4 * k, k < known ? load<f32>(a + k * plane + 4 * i) : 0);
    }
  }
}

/** Pixel centres lie at + 0.5. */
function resample(from: usize, width: i32, height: i32, out: Scores): void {
  const plane = 4 * width * height;
  const scaleX = (width as f32) / (out.width as f32);
  const scaleY = (height as f32) / (out.height as f32);
  let to = out.data;
  for (let y = 0; y < out.height; y++) {
    const row = min<f32>(max<f32>(((y as f32) + 0.5) * scaleY - 0.5, 0), (height - 1) as f32);
    const top = row as i32;
    const wy = row - (top as f32);
    const below = 4 * width * (min(top + 1, height - 1) - top);
    for (let x = 0; x < out.width; x++) {
      const column = min<f32>(max<f32>(((x as f32) + 0.5) * scaleX - 0.5, 0), (width - 1) as f32);
      const left = column as i32;
      const wx = column - (left as f32);
      const right = 4 * (min(left + 1, width - 1) - left);
      let p = from + 4 * (top * width + left);
      for (let c = 0; c < out.lanes; c++, p += plane, to += 4) {
        if (c >= out.classes) {
          store<f32>(to, 0);
          continue;
        }
        const upper = load<f32>(p) * (1 - wx) + load<f32>(p + right) * wx;
        const lower = load<f32>(p + below) * (1 - wx) + load<f32>(p + below + right) * wx;
        store<f32>(to, upper * (1 - wy) + lower * wy);
      }
    }
  }
}

/** out(p) = from(p + way(p)), bilinear. Positions outside the grid read its edge. */
export function warpScores(from: Scores, way: Field, out: Scores): void {
  const width = from.width;
  const height = from.height;
  const cellBytes = 4 * from.lanes;
  // A grid of one row or column has no second neighbour: the first counts twice.
  const lastColumn = max(0, width - 2);
  const lastRow = max(0, height - 2);
  const right = width > 1 ? cellBytes : 0;
  const below = height > 1 ? width * cellBytes : 0;
  let to = out.data;
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell += 4) {
      const column = min<f32>(max<f32>((x as f32) + load<f32>(way.dx + cell), 0), (width - 1) as f32);
      const row = min<f32>(max<f32>((y as f32) + load<f32>(way.dy + cell), 0), (height - 1) as f32);
      const left = min(column as i32, lastColumn);
      const top = min(row as i32, lastRow);
      const wx = column - (left as f32);
      const wy = row - (top as f32);
      const w00 = f32x4.splat((1 - wx) * (1 - wy));
      const w01 = f32x4.splat(wx * (1 - wy));
      const w10 = f32x4.splat((1 - wx) * wy);
      const w11 = f32x4.splat(wx * wy);
      let p = from.data + (top * width + left) * cellBytes;
      const end = to + cellBytes;
      for (; to < end; to += 16, p += 16) {
        const upper = f32x4.add(f32x4.mul(v128.load(p), w00), f32x4.mul(v128.load(p + right), w01));
        const lower = f32x4.add(f32x4.mul(v128.load(p + below), w10), f32x4.mul(v128.load(p + below + right), w11));
        v128.store(to, f32x4.add(upper, lower));
      }
    }
  }
}

/** Trust in moved scores: see `../propagate.ts`. Writes up to 3 values past the end. */
export function trustOf(way: Field, residual: usize, known: f32, scale: f32, out: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const lastColumn = f32x4.splat((way.width - 1) as f32);
  const lastRow = f32x4.splat((way.height - 1) as f32);
  for (let y = 0; y < way.height; y++) {
    const cells = 4 * y * way.width;
    for (let x = 0; x < way.width; x += 4) {
      const cell = cells + 4 * x;
      const column = f32x4.add(f32x4.add(f32x4.splat(x as f32), ramp()), v128.load(way.dx + cell));
      const row = f32x4.add(f32x4.splat(y as f32), v128.load(way.dy + cell));
      const beside = f32x4.max(f32x4.neg(column), f32x4.sub(column, lastColumn));
      const beyond = f32x4.max(f32x4.neg(row), f32x4.sub(row, lastRow));
      const outside = f32x4.max(f32x4.max(beside, beyond), zero);
      const excess = f32x4.div(
        f32x4.max(zero, f32x4.sub(v128.load(residual + cell), f32x4.splat(known))),
        f32x4.splat(scale),
      );
      const doubt = f32x4.mul(f32x4.add(one, f32x4.mul(excess, excess)), f32x4.add(one, outside));
      v128.store(out + cell, f32x4.div(one, doubt));
    }
  }
}

/** Trust below which a cell is filled; only cells above it are asked. */
const DOUBTFUL: f32 = 0.5;
/** Cells in each direction that are asked. */
const RADIUS: i32 = 4;
/** Luma difference at which a neighbour counts a quarter. */
const ALIKE: f32 = 12;
/** Weight of all neighbours at which they count half against the cell's own scores. */
const LITTLE: f32 = 0.1;
/** Sums of up to 256 classes. */
const SUMS: usize = memory.data(1024, 16);

/** A joint bilateral filter over the doubtful cells: the doubtful cells take what trusted neighbours of like brightness say. */
export function fillDoubtful(scores: Scores, trust: usize, luma: Plane): void {
  for (let y = 0, cell = 0; y < scores.height; y++) {
    for (let x = 0; x < scores.width; x++, cell++) {
      if (load<f32>(trust + 4 * cell) < DOUBTFUL) fillCell(scores, trust, luma, x, y);
    }
  }
}

function fillCell(scores: Scores, trust: usize, luma: Plane, x: i32, y: i32): void {
  const width = scores.width;
  const cellBytes = 4 * scores.lanes;
  const bottom = min(scores.height - 1, y + RADIUS);
  const left = max(0, x - RADIUS);
  const right = min(width - 1, x + RADIUS);
  const value: f32 = load<u8>(luma.origin + y * luma.stride + x);
  let total: f32 = 0;
  memory.fill(SUMS, 0, cellBytes);
  for (let v = max(0, y - RADIUS); v <= bottom; v++) {
    for (let u = left; u <= right; u++) {
      const neighbour = v * width + u;
      const trusted = load<f32>(trust + 4 * neighbour);
      if (trusted < DOUBTFUL) continue;
      const difference: f32 = ((load<u8>(luma.origin + v * luma.stride + u) as f32) - value) / ALIKE;
      const unlike: f32 = 1 + difference * difference;
      const distance = 1 + (u - x) * (u - x) + (v - y) * (v - y);
      const weight = trusted / (unlike * unlike * (distance as f32));
      total += weight;
      const weights = f32x4.splat(weight);
      const from = scores.data + neighbour * cellBytes;
      for (let c = 0; c < cellBytes; c += 16) {
        v128.store(SUMS + c, f32x4.add(v128.load(SUMS + c), f32x4.mul(weights, v128.load(from + c))));
      }
    }
  }
  if (total === 0) return;
  const cell = y * width + x;
  const share = f32x4.splat(((1 - load<f32>(trust + 4 * cell)) * total) / (total + LITTLE));
  const part = f32x4.splat(1 / total);
  const at = scores.data + cell * cellBytes;
  for (let c = 0; c < cellBytes; c += 16) {
    const own = v128.load(at + c);
    const others = f32x4.mul(v128.load(SUMS + c), part);
    v128.store(at + c, f32x4.add(own, f32x4.mul(share, f32x4.sub(others, own))));
  }
}

/** Weight of trusted scores moved from the frame just before, where the network doesn't contradict. */
const MOVED_WEIGHT: f32 = 0.8;
/** How much a cell of travel makes moved scores count for less: after 2.5 cells half. */
const DOUBT_A_CELL: f32 = 0.4;

/** Blends `moved` into `fresh`: see `../smooth.ts`. @param farthest travel that counts, in cells */
export function blendScores(fresh: Scores, moved: Scores, trust: usize, way: Field, farthest: f32): void {
  const cells = fresh.width * fresh.height;
  const cellBytes = 4 * fresh.lanes;
  let p = fresh.data;
  let q = moved.data;
  for (let cell = 0; cell < 4 * cells; cell += 4) {
    const end = p + cellBytes;
    let same = f32x4.splat(0);
    let certainty = f32x4.splat(0);
    for (let c = 0; c < cellBytes; c += 16) {
      const own = v128.load(p + c);
      same = f32x4.add(same, f32x4.min(own, v128.load(q + c)));
      certainty = f32x4.max(certainty, own);
    }
    const travel = min<f32>(farthest, abs(load<f32>(way.dx + cell)) + abs(load<f32>(way.dy + cell)));
    const contradiction = maxF32(certainty) * (1 - sumF32(same));
    const weight = f32x4.splat(
      (MOVED_WEIGHT * load<f32>(trust + cell) * (1 - contradiction * contradiction)) / (1 + DOUBT_A_CELL * travel),
    );
    for (; p < end; p += 16, q += 16) {
      const own = v128.load(p);
      v128.store(p, f32x4.add(own, f32x4.mul(weight, f32x4.sub(v128.load(q), own))));
    }
  }
}
