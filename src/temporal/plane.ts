import type { FrameGeometry, Size } from '../core/geometry.js';
import { type Bytes, type Handle, type KernelMemory, kernels } from './wasm.js';

/**
 * In: the RGB24 plane that the network sees. Out: a pyramid of luma planes, half the size of the picture's content and
 * halved again at each level. Always holds: pixels outside a plane, up to `PAD` away, read as the nearest pixel inside.
 */

/** Pixels of border on each side of a plane; a patch of motion search never reads further out. The kernels know it too. */
export const PAD = 16;

/** 8-bit luma. Pixel (x, y) lies at `data[(y + PAD) · stride + x + PAD]`. */
export interface Plane extends Size {
  readonly stride: number;
  readonly data: Bytes;
  readonly handle: Handle;
}

/** From fine to coarse; `[0]` has two pixels a grid cell in each direction. */
export type Pyramid = readonly Plane[];

/** Analysis pixels a cell of the grid that scores, motion and confidence live on, in each direction. */
export const CELL = 4;

/** The grid that covers the content region of an analysis plane. */
export function gridOf(content: Size): Size {
  return { width: Math.ceil(content.width / CELL), height: Math.ceil(content.height / CELL) };
}

export function createPlane(memory: KernelMemory, width: number, height: number): Plane {
  const stride = width + 2 * PAD;
  const data = memory.bytes(stride * (height + 2 * PAD));
  const handle = memory.handleOf(width, height, stride, data.byteOffset + PAD * stride + PAD);
  return { width, height, stride, data, handle };
}

/** Coarser levels hold less than a patch of detail. */
const SMALLEST_SIDE = 20;

/** Planes for `gridOf(content)`, to be filled by `fillPyramid`. */
export function createPyramid(memory: KernelMemory, content: Size): Pyramid {
  const grid = gridOf(content);
  const planes = [createPlane(memory, grid.width * 2, grid.height * 2)];
  for (;;) {
    const last = planes[planes.length - 1] as Plane;
    const [width, height] = [last.width >> 1, last.height >> 1];
    // The engine compares frames at mask resolution, the second level, however small the picture is.
    if (planes.length > 1 && Math.min(width, height) < SMALLEST_SIDE) return planes;
    planes.push(createPlane(memory, width, height));
  }
}

/**
 * Writes the luma of an RGB24 plane (`geometry.analysis`, content at the top left) into all levels. Luma is (R + 2G + B) / 4: within 3 % of
 * BT.601, in shifts; each pixel of a level is the mean of 2 × 2 of the level before.
 */
export function fillPyramid(
  pyramid: Pyramid,
  rgb: Bytes,
  { analysis, content }: Pick<FrameGeometry, 'analysis' | 'content'>,
): void {
  const { halveRgb, halve, pad } = kernels();
  let finer: Plane | undefined;
  for (const plane of pyramid) {
    if (finer) halve(finer.handle.byteOffset, plane.handle.byteOffset);
    else halveRgb(rgb.byteOffset, analysis.width, content.width, content.height, plane.handle.byteOffset);
    pad(plane.handle.byteOffset);
    finer = plane;
  }
}

/** Mean absolute luma difference of two planes of the same size, 0–1. */
export function meanChange(a: Plane, b: Plane): number {
  return kernels().difference(a.handle.byteOffset, b.handle.byteOffset) / (a.width * a.height * 255);
}
