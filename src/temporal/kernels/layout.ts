/**
 * What lies in the kernels' memory, as the engine writes it there: see `../arena.ts` and the interfaces of the same names. Pointers are
 * byte offsets.
 */

/** Pixels that can be read outside of a plane on each side. */
export const PAD = 16;

/** Pixels along a patch's side, and from one patch to the next. */
export const PATCH = 8;
export const STEP = 4;

/** 8-bit luma; pixel (x, y) lies at `origin + y · stride + x`. */
@unmanaged
export class Plane {
  width: i32;
  height: i32;
  stride: i32;
  origin: usize;
}

/** f32 displacements of grid cells, row-major. */
@unmanaged
export class Field {
  width: i32;
  height: i32;
  dx: usize;
  dy: usize;
}

/** f32 displacements of patches, row-major. */
@unmanaged
export class Patches {
  columns: i32;
  rows: i32;
  dx: usize;
  dy: usize;
}

/** f32 probabilities, cell-major: class c of cell i lies at `data + 4 · (i · lanes + c)`; lanes past the classes are 0. */
@unmanaged
export class Scores {
  width: i32;
  height: i32;
  classes: i32;
  /** `classes` rounded up to whole vectors of 4. */
  lanes: i32;
  data: usize;
}
