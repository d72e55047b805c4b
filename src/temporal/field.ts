import type { Size } from '../core/geometry.js';
import { type Floats, type Handle, type KernelMemory, kernels } from './wasm.js';

/**
 * Motion on the grid: what cell (x, y) of one frame shows lay at (x + dx, y + dy) in an earlier frame. In grid cells;
 * row-major.
 */
export interface Field extends Size {
  readonly dx: Floats;
  readonly dy: Floats;
  readonly handle: Handle;
}

export function createField(memory: KernelMemory, { width, height }: Size): Field {
  const [dx, dy] = [memory.floats(width * height), memory.floats(width * height)];
  return { width, height, dx, dy, handle: memory.handleOf(width, height, dx.byteOffset, dy.byteOffset) };
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
 * out(p) = newer(p) + older(p + newer(p)), bilinear. `out` may be neither of the two.
 */
export function composeFields(newer: Field, older: Field, out: Field): void {
  kernels().composeFields(newer.handle.byteOffset, older.handle.byteOffset, out.handle.byteOffset);
}
