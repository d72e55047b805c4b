import type { Size } from '../core/geometry.js';
import type { Floats, Handle, KernelMemory } from './wasm.js';

/** Pixels along a patch's side, and from one patch to the next: each pixel lies in four patches. The kernels know them too. */
export const PATCH = 8;
export const STEP = 4;

/** Patches over a plane, row-major. The first of a row or column starts at 0, the last ends at the plane's border. */
export interface PatchGrid {
  readonly columns: number;
  readonly rows: number;
  /** Displacement of each patch in pixels of its plane. */
  readonly dx: Floats;
  readonly dy: Floats;
  readonly handle: Handle;
}

export function patchGrid(memory: KernelMemory, { width, height }: Size): PatchGrid {
  const columns = patchesAlong(width);
  const rows = patchesAlong(height);
  const [dx, dy] = [memory.floats(columns * rows), memory.floats(columns * rows)];
  return { columns, rows, dx, dy, handle: memory.handleOf(columns, rows, dx.byteOffset, dy.byteOffset) };
}

/** A plane smaller than a patch still has one: it reads the plane's padding. */
const patchesAlong = (length: number): number => Math.max(1, Math.ceil((length - PATCH) / STEP) + 1);
