import type { FrameGeometry } from '../../../../src/core/geometry.js';
import { PAD, type Plane, type Pyramid } from '../../../../src/temporal/plane.js';

/** What the pyramid kernels compute, in plain TypeScript. */

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

/** Reads inside the bounds that the callers hold; the assertion costs nothing at run time. */
const at = (data: Uint8Array, index: number): number => data[index] as number;
