import type { Size } from '../core/geometry.js';

/**
 * In: the luma of two frames. Out: for each pixel of the newer one where its content lay in the older one. It judges masks, so it owes
 * nothing to the engine's own motion search: dense, variational, slow.
 *
 * Horn and Schunck's energy (Determining Optical Flow, 1981) with a robust data term (Charbonnier), solved coarse to fine with
 * warping (Brox, Bruhn, Papenberg, Weickert: High Accuracy Optical Flow Estimation Based on a Theory for Warping, 2004).
 */

/** Row-major. */
export interface Luma extends Size {
  /** 0–255 */
  readonly data: Float32Array;
}

/** Pixel (x, y) of the newer frame lay at (x + dx, y + dy) in the older one. In pixels, row-major. */
export interface DenseFlow extends Size {
  readonly dx: Float32Array;
  readonly dy: Float32Array;
}

/** Weight of smoothness against brightness constancy (luma in 0–255). */
const ALPHA = 60;
/** Luma difference from which the data term counts linearly instead of squared. */
const ROBUST = 4;
const WARPS = 4;
const SWEEPS = 30;
const SMALLEST_SIDE = 16;
/** Over-relaxation of the Gauss–Seidel sweeps. */
const OMEGA = 1.8;

/** Luma of an RGB24 plane (BT.601 weights), box-filtered to half its size. */
export function halfLuma(rgb: Uint8Array, size: Size): Luma {
  const width = size.width >> 1;
  const height = size.height >> 1;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (const p of [(2 * y * size.width + 2 * x) * 3, ((2 * y + 1) * size.width + 2 * x) * 3]) {
        sum += 0.299 * ((rgb[p] as number) + (rgb[p + 3] as number));
        sum += 0.587 * ((rgb[p + 1] as number) + (rgb[p + 4] as number));
        sum += 0.114 * ((rgb[p + 2] as number) + (rgb[p + 5] as number));
      }
      data[y * width + x] = sum / 4;
    }
  }
  return { width, height, data };
}

export function denseFlow(newer: Luma, older: Luma): DenseFlow {
  const pairs: [Luma, Luma][] = [[blur(newer), blur(older)]];
  for (;;) {
    const [a, b] = pairs.at(-1) as [Luma, Luma];
    if (Math.min(a.width, a.height) < 2 * SMALLEST_SIDE) break;
    pairs.push([halve(a), halve(b)]);
  }
  let flow: DenseFlow | undefined;
  for (const [a, b] of pairs.reverse()) {
    const cells = a.width * a.height;
    const start: DenseFlow = flow
      ? enlarge(flow, a)
      : { width: a.width, height: a.height, dx: new Float32Array(cells), dy: new Float32Array(cells) };
    for (let warp = 0; warp < WARPS; warp += 1) relax(a, b, start);
    flow = start;
  }
  return flow as DenseFlow;
}

/** One linearisation of the energy around `flow`, improved in place. */
function relax(newer: Luma, older: Luma, flow: DenseFlow): void {
  const { width, height, dx, dy } = flow;
  const cells = width * height;
  const gx = new Float32Array(cells);
  const gy = new Float32Array(cells);
  const rest = new Float32Array(cells);
  const weight = new Float32Array(cells);
  const warped = new Float32Array(cells);
  for (let i = 0, y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      warped[i] = bilinear(older, x + (dx[i] as number), y + (dy[i] as number));
    }
  }
  for (let i = 0, y = 0; y < height; y += 1) {
    const up = y > 0 ? -width : 0;
    const down = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x += 1, i += 1) {
      const left = x > 0 ? -1 : 0;
      const right = x < width - 1 ? 1 : 0;
      gx[i] = ((warped[i + right] as number) - (warped[i + left] as number)) / Math.max(1, right - left);
      gy[i] = ((warped[i + down] as number) - (warped[i + up] as number)) / (down - up > width ? 2 : 1);
      const difference = (warped[i] as number) - (newer.data[i] as number);
      const outside =
        x + (dx[i] as number) < 0 ||
        y + (dy[i] as number) < 0 ||
        x + (dx[i] as number) > width - 1 ||
        y + (dy[i] as number) > height - 1;
      weight[i] = outside ? 0 : 1 / Math.sqrt(1 + (difference * difference) / (ROBUST * ROBUST));
      // The data term is linear around the present flow: Ix·u + Iy·v + rest.
      rest[i] = difference - (gx[i] as number) * (dx[i] as number) - (gy[i] as number) * (dy[i] as number);
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (let i = 0, y = 0; y < height; y += 1) {
      const up = y > 0 ? -width : 0;
      const down = y < height - 1 ? width : 0;
      for (let x = 0; x < width; x += 1, i += 1) {
        const left = x > 0 ? -1 : 0;
        const right = x < width - 1 ? 1 : 0;
        const meanX =
          ((dx[i + left] as number) + (dx[i + right] as number) + (dx[i + up] as number) + (dx[i + down] as number)) /
          4;
        const meanY =
          ((dy[i + left] as number) + (dy[i + right] as number) + (dy[i + up] as number) + (dy[i + down] as number)) /
          4;
        const ix = gx[i] as number;
        const iy = gy[i] as number;
        const w = weight[i] as number;
        const common = (w * (ix * meanX + iy * meanY + (rest[i] as number))) / (ALPHA + w * (ix * ix + iy * iy));
        dx[i] = (1 - OMEGA) * (dx[i] as number) + OMEGA * (meanX - ix * common);
        dy[i] = (1 - OMEGA) * (dy[i] as number) + OMEGA * (meanY - iy * common);
      }
    }
  }
}

function bilinear({ width, height, data }: Luma, x: number, y: number): number {
  const column = Math.min(Math.max(x, 0), width - 1);
  const row = Math.min(Math.max(y, 0), height - 1);
  const left = Math.min(Math.floor(column), Math.max(0, width - 2));
  const top = Math.min(Math.floor(row), Math.max(0, height - 2));
  const wx = column - left;
  const wy = row - top;
  const p = top * width + left;
  const right = width > 1 ? 1 : 0;
  const below = height > 1 ? width : 0;
  return (
    ((data[p] as number) * (1 - wx) + (data[p + right] as number) * wx) * (1 - wy) +
    ((data[p + below] as number) * (1 - wx) + (data[p + below + right] as number) * wx) * wy
  );
}

/** Binomial 3 × 3: derivatives of unfiltered pixels are mostly noise. */
function blur(luma: Luma): Luma {
  const { width, height, data } = luma;
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1) {
    const rows = [Math.max(0, y - 1), y, Math.min(height - 1, y + 1)] as const;
    for (let x = 0; x < width; x += 1) {
      const columns = [Math.max(0, x - 1), x, Math.min(width - 1, x + 1)] as const;
      let sum = 0;
      for (let j = 0; j < 3; j += 1) {
        for (let i = 0; i < 3; i += 1) {
          const weight = (j === 1 ? 2 : 1) * (i === 1 ? 2 : 1);
          sum += weight * (data[(rows[j] as number) * width + (columns[i] as number)] as number);
        }
      }
      out[y * width + x] = sum / 16;
    }
  }
  return { width, height, data: out };
}

function halve({ width, height, data }: Luma): Luma {
  const half = { width: width >> 1, height: height >> 1 };
  const out = new Float32Array(half.width * half.height);
  for (let i = 0, y = 0; y < half.height; y += 1) {
    for (let x = 0; x < half.width; x += 1, i += 1) {
      const p = 2 * y * width + 2 * x;
      out[i] =
        ((data[p] as number) +
          (data[p + 1] as number) +
          (data[p + width] as number) +
          (data[p + width + 1] as number)) /
        4;
    }
  }
  return { ...half, data: out };
}

function enlarge(flow: DenseFlow, { width, height }: Size): DenseFlow {
  const dx = new Float32Array(width * height);
  const dy = new Float32Array(width * height);
  for (let i = 0, y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const [fx, fy] = [(x + 0.5) / 2 - 0.5, (y + 0.5) / 2 - 0.5];
      dx[i] = 2 * bilinear({ ...flow, data: flow.dx }, fx, fy);
      dy[i] = 2 * bilinear({ ...flow, data: flow.dy }, fx, fy);
    }
  }
  return { width, height, dx, dy };
}
