import type { Field } from './field.js';
import type { Plane } from './plane.js';
import { type Floats, kernels } from './wasm.js';

/** In: two frames and the motion between them. Out: what the motion doesn't explain. */

/**
 * Absolute luma difference a cell, 0–255, after the motion is undone: |to(p + field(p)) − from(p)|.
 * @param from the plane of one pixel a cell (level 1), as is `to`
 */
export function measure(from: Plane, to: Plane, field: Field, residual: Floats): void {
  kernels().measure(from.handle.byteOffset, to.handle.byteOffset, field.handle.byteOffset, residual.byteOffset);
}

/** Luma difference after the motion is undone that nobody takes for the same content. */
const FOREIGN = 24;
const FOREIGN_SHARE = 0.5;

/** A new scene: most of the picture is not to be found in the frame before. */
export function isCut(residual: Floats): boolean {
  return kernels().countAbove(residual.byteOffset, residual.length, FOREIGN) > FOREIGN_SHARE * residual.length;
}
