import type { Size } from '../../core/geometry.js';

/**
 * Draws `overlay` (premultiplied RGBA of `size`), scaled bilinearly to the picture, over `rgb` in place. Sample positions are
 * pixel centres; 8-bit fractions.
 */
export function blend(rgb: Uint8Array, picture: Size, overlay: Uint8Array, size: Size): void {
  const columns = samples(picture.width, size.width);
  const rows = samples(picture.height, size.height);
  const row = new Uint16Array(size.width * 4);
  for (let y = 0; y < picture.height; y++) {
    if (mixRows(overlay, size.width, rows, y, row)) blendRow(rgb, y * picture.width * 3, row, columns);
  }
}

/** For each output position: the two source positions, and the weight of the second in 1/256. */
interface Samples {
  readonly first: Uint16Array;
  readonly second: Uint16Array;
  readonly weight: Uint16Array;
}

function samples(outputs: number, inputs: number): Samples {
  const result = {
    first: new Uint16Array(outputs),
    second: new Uint16Array(outputs),
    weight: new Uint16Array(outputs),
  };
  for (let i = 0; i < outputs; i++) {
    const position = Math.min(Math.max(((i + 0.5) * inputs) / outputs - 0.5, 0), inputs - 1);
    const first = Math.floor(position);
    result.first[i] = first;
    result.second[i] = Math.min(first + 1, inputs - 1);
    result.weight[i] = Math.round((position - first) * 256);
  }
  return result;
}

/** One output row at the overlay's width into `out`, in 0–255. @returns whether anything in it shows */
function mixRows(overlay: Uint8Array, width: number, rows: Samples, y: number, out: Uint16Array): boolean {
  const upper = (rows.first[y] as number) * width * 4;
  const lower = (rows.second[y] as number) * width * 4;
  const weight = rows.weight[y] as number;
  let shows = 0;
  for (let i = 0; i < width * 4; i++) {
    const value = ((overlay[upper + i] as number) * (256 - weight) + (overlay[lower + i] as number) * weight) >> 8;
    out[i] = value;
    shows |= value;
  }
  return shows !== 0;
}

function blendRow(rgb: Uint8Array, start: number, row: Uint16Array, columns: Samples): void {
  const { first, second, weight } = columns;
  for (let x = 0, o = start; x < first.length; x++, o += 3) {
    const a = (first[x] as number) * 4;
    const b = (second[x] as number) * 4;
    const w = weight[x] as number;
    const alpha = ((row[a + 3] as number) * (256 - w) + (row[b + 3] as number) * w) >> 8;
    if (alpha === 0) continue;
    const keep = 255 - alpha;
    for (let c = 0; c < 3; c++) {
      const colour = ((row[a + c] as number) * (256 - w) + (row[b + c] as number) * w) >> 8;
      rgb[o + c] = colour + (((rgb[o + c] as number) * keep) >> 8);
    }
  }
}
