import { Field } from './layout';

/** Counts of 256 grey levels. */
const BINS: usize = memory.data(1024, 16);

/** Median of `count` values, to a whole grey level. */
export function medianLevel(values: usize, count: i32): i32 {
  memory.fill(BINS, 0, 1024);
  for (let i = 0; i < count; i++) {
    const bin = BINS + 4 * min(255, load<f32>(values + 4 * i) as i32);
    store<i32>(bin, load<i32>(bin) + 1);
  }
  let seen = 0;
  for (let level = 0; level < 256; level++) {
    seen += load<i32>(BINS + 4 * level);
    if (2 * seen >= count) return level;
  }
  return 255;
}

/**
 * Moves what was spoiled along by one frame and adds what this frame spoils: see `../decision/risk.ts`.
 * @param known residual that noise explains @param foreign residual beyond it at which a cell is half spoiled
 */
export function spoil(before: usize, step: Field, residual: usize, known: f32, foreign: f32, out: usize): void {
  const width = step.width;
  const height = step.height;
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell += 4) {
      const column = floor<f32>((x as f32) + load<f32>(step.dx + cell) + 0.5) as i32;
      const row = floor<f32>((y as f32) + load<f32>(step.dy + cell) + 0.5) as i32;
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      const spoiled: f32 = inside ? load<f32>(before + 4 * (row * width + column)) : 1;
      const excess = max<f32>(0, load<f32>(residual + cell) - known) / foreign;
      const square = excess * excess;
      store<f32>(out + cell, min<f32>(1, spoiled + square / (1 + square)));
    }
  }
}

/** Sum of `values`, each times the weight of its block of `block` × `block` cells. */
export function weightedSum(values: usize, width: i32, height: i32, weights: usize, block: i32): f64 {
  const columns = (width + block - 1) / block;
  let sum: f64 = 0;
  for (let y = 0, cell = 0; y < height; y++) {
    const row = weights + 4 * (y / block) * columns;
    for (let first = 0; first < width; first += block) {
      const end = min(first + block, width);
      let part: f32 = 0;
      for (let x = first; x < end; x++, cell += 4) part += load<f32>(values + cell);
      sum += part * load<f32>(row + 4 * (first / block));
    }
  }
  return sum;
}
