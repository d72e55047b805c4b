import { PAD, type Plane } from './plane.js';

/** Mean absolute luma difference of two planes of the same size, 0–1. */
export function meanChange(a: Plane, b: Plane): number {
  let sum = 0;
  for (let y = 0; y < a.height; y += 1) {
    let p = (y + PAD) * a.stride + PAD;
    for (let x = 0; x < a.width; x += 1, p += 1) {
      const difference = ((a.data[p] as number) - (b.data[p] as number)) | 0;
      sum = (sum + (difference < 0 ? -difference : difference)) | 0;
    }
  }
  return sum / (a.width * a.height * 255);
}

/** Luma difference after the motion is undone that nobody takes for the same content. */
const FOREIGN = 24;
const FOREIGN_SHARE = 0.5;

/** A new scene: most of the picture is not to be found in the frame before. */
export function isCut(residual: Float32Array): boolean {
  let foreign = 0;
  for (let i = 0; i < residual.length; i += 1) if ((residual[i] as number) > FOREIGN) foreign += 1;
  return foreign > FOREIGN_SHARE * residual.length;
}
