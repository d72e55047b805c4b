import type { FrameGeometry, Size } from '../core/geometry.js';

/**
 * In: the RGB24 plane that the network sees. Out: a pyramid of luma planes, half the size of the picture's content and
 * halved again at each level. Always holds: pixels outside a plane, up to `PAD` away, read as the nearest pixel inside.
 */

/** Pixels of border on each side of a plane; a patch of motion search never reads further out. */
export const PAD = 16;

/** 8-bit luma. Pixel (x, y) lies at `data[(y + PAD) · stride + x + PAD]`. */
export interface Plane extends Size {
  readonly stride: number;
  readonly data: Uint8Array;
}

/** From fine to coarse; `[0]` has two pixels a grid cell in each direction. */
export type Pyramid = readonly Plane[];

/** Analysis pixels a cell of the grid that scores, motion and confidence live on, in each direction. */
export const CELL = 4;

/** The grid that covers the content region of an analysis plane. */
export function gridOf(content: Size): Size {
  return { width: Math.ceil(content.width / CELL), height: Math.ceil(content.height / CELL) };
}

export function createPlane(width: number, height: number): Plane {
  const stride = width + 2 * PAD;
  return { width, height, stride, data: new Uint8Array(stride * (height + 2 * PAD)) };
}

/** Coarser levels hold less than a patch of detail. */
const SMALLEST_SIDE = 20;

/** Planes for `gridOf(content)`, to be filled by `fillPyramid`. */
export function createPyramid(content: Size): Pyramid {
  const grid = gridOf(content);
  const planes = [createPlane(grid.width * 2, grid.height * 2)];
  for (;;) {
    const last = planes[planes.length - 1] as Plane;
    const [width, height] = [last.width >> 1, last.height >> 1];
    // The engine compares frames at mask resolution, the second level, however small the picture is.
    if (planes.length > 1 && Math.min(width, height) < SMALLEST_SIDE) return planes;
    planes.push(createPlane(width, height));
  }
}

/** Writes the luma of an RGB24 plane (`geometry.analysis`, content at the top left) into all levels. */
export function fillPyramid(
  pyramid: Pyramid,
  rgb: Uint8Array,
  geometry: Pick<FrameGeometry, 'analysis' | 'content'>,
): void {
  pyramid.forEach((plane, level) => {
    const finer = pyramid[level - 1];
    if (finer) halve(finer, plane);
    else halveRgb(rgb, geometry, plane);
    pad(plane);
  });
}

/** Luma as (R + 2G + B) / 4: within 3 % of BT.601, in shifts. Each output pixel is the mean of 2 × 2 input pixels. */
function halveRgb(
  rgb: Uint8Array,
  { analysis, content }: Pick<FrameGeometry, 'analysis' | 'content'>,
  out: Plane,
): void {
  const lastX = content.width - 1;
  const lastY = content.height - 1;
  const whole = Math.min(out.width, content.width >> 1);
  for (let y = 0; y < out.height; y += 1) {
    const top = Math.min(2 * y, lastY) * analysis.width;
    const bottom = Math.min(2 * y + 1, lastY) * analysis.width;
    let to = (y + PAD) * out.stride + PAD;
    let a = top * 3;
    let b = bottom * 3;
    for (let x = 0; x < whole; x += 1, a += 6, b += 6) {
      const red = at(rgb, a) + at(rgb, a + 3) + at(rgb, b) + at(rgb, b + 3);
      const green = at(rgb, a + 1) + at(rgb, a + 4) + at(rgb, b + 1) + at(rgb, b + 4);
      const blue = at(rgb, a + 2) + at(rgb, a + 5) + at(rgb, b + 2) + at(rgb, b + 5);
      out.data[to++] = (red + 2 * green + blue + 8) >> 4;
    }
    for (let x = whole; x < out.width; x += 1) {
      const column = Math.min(2 * x, lastX);
      const p = (top + column) * 3;
      const q = (bottom + column) * 3;
      const sum = at(rgb, p) + 2 * at(rgb, p + 1) + at(rgb, p + 2) + at(rgb, q) + 2 * at(rgb, q + 1) + at(rgb, q + 2);
      out.data[to++] = (sum + 4) >> 3;
    }
  }
}

function halve(fine: Plane, coarse: Plane): void {
  for (let y = 0; y < coarse.height; y += 1) {
    let from = (2 * y + PAD) * fine.stride + PAD;
    let to = (y + PAD) * coarse.stride + PAD;
    for (let x = 0; x < coarse.width; x += 1, from += 2) {
      const below = from + fine.stride;
      const sum = at(fine.data, from) + at(fine.data, from + 1) + at(fine.data, below) + at(fine.data, below + 1);
      coarse.data[to++] = (sum + 2) >> 2;
    }
  }
}

function pad({ data, width, height, stride }: Plane): void {
  for (let y = PAD; y < height + PAD; y += 1) {
    const row = y * stride;
    data.fill(at(data, row + PAD), row, row + PAD);
    data.fill(at(data, row + PAD + width - 1), row + PAD + width, row + stride);
  }
  for (let y = 0; y < PAD; y += 1) {
    data.copyWithin(y * stride, PAD * stride, (PAD + 1) * stride);
    data.copyWithin((height + PAD + y) * stride, (height + PAD - 1) * stride, (height + PAD) * stride);
  }
}

/** Bilinear; outside the plane's border the nearest pixel inside it. */
export function samplePlane({ data, width, height, stride }: Plane, x: number, y: number): number {
  const column = Math.min(Math.max(x, -PAD), width + PAD - 2);
  const row = Math.min(Math.max(y, -PAD), height + PAD - 2);
  const left = Math.floor(column);
  const top = Math.floor(row);
  const wx = column - left;
  const wy = row - top;
  const p = (top + PAD) * stride + left + PAD;
  const upper = (data[p] as number) * (1 - wx) + (data[p + 1] as number) * wx;
  const lower = (data[p + stride] as number) * (1 - wx) + (data[p + stride + 1] as number) * wx;
  return upper * (1 - wy) + lower * wy;
}

/** Reads inside the bounds that the callers hold; the assertion costs nothing at run time. */
const at = (data: Uint8Array, index: number): number => data[index] as number;
