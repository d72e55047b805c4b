import type { PlainField } from './motion.js';

/** What the kernels of the risk compute, in plain TypeScript. */

export function medianLevel(values: Float32Array): number {
  const sorted = values.slice().sort();
  return Math.min(255, Math.floor(sorted[Math.ceil(sorted.length / 2) - 1] as number));
}

export function spoil(
  before: Float32Array,
  { width, height, dx, dy }: PlainField,
  residual: Float32Array,
  known: number,
  foreign: number,
): Float32Array {
  return before.map((_, i) => {
    const column = Math.round((i % width) + (dx[i] as number));
    const row = Math.round(Math.floor(i / width) + (dy[i] as number));
    const inside = column >= 0 && column < width && row >= 0 && row < height;
    const square = (Math.max(0, (residual[i] as number) - known) / foreign) ** 2;
    return Math.min(1, (inside ? (before[row * width + column] as number) : 1) + square / (1 + square));
  });
}

export function weightedSum(values: Float32Array, width: number, weights: Float32Array, block: number): number {
  const columns = Math.ceil(width / block);
  return values.reduce((sum, value, i) => {
    const place = Math.floor(Math.floor(i / width) / block) * columns + Math.floor((i % width) / block);
    return sum + value * (weights[place] as number);
  }, 0);
}
