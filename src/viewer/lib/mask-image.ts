import type { Size } from '../../core/geometry.js';

/**
 * Mask pictures as the server keeps them: 8-bit palette PNGs (W3C PNG, third edition) whose pixel values are class ids.
 * Browsers decode them to colours only, and colours don't tell which class a pixel has: hence a reader of our own.
 */

export interface MaskImage {
  readonly size: Size;
  /** Class id a pixel, row-major. */
  readonly labels: Uint8Array;
}

const PALETTE = 3;
const SUB = 1;
const UP = 2;

/**
 * @param maxWidth of what comes back, pixels: larger pictures are thinned out to every n-th pixel, the ids as they are
 * @throws RangeError for anything but an 8-bit palette PNG that is not interlaced
 */
export async function readMaskImage(png: Uint8Array<ArrayBuffer>, maxWidth: number): Promise<MaskImage> {
  const { width, height, data } = readChunks(png);
  const step = Math.max(1, Math.ceil(width / maxWidth));
  const size = { width: Math.ceil(width / step), height: Math.ceil(height / step) };
  const inflated = new Blob(data).stream().pipeThrough(new DecompressionStream('deflate'));
  const rows = new Uint8Array(await new Response(inflated).arrayBuffer());
  const stride = width + 1;
  if (rows.length !== stride * height)
    throw new RangeError(`the mask has ${rows.length} bytes, not ${stride * height}`);
  const labels = new Uint8Array(size.width * size.height);
  for (let y = 0; y < height; y++) {
    unfilter(rows, y, stride);
    if (y % step !== 0) continue;
    const from = y * stride + 1;
    const to = (y / step) * size.width;
    if (step === 1) labels.set(rows.subarray(from, from + width), to);
    else for (let x = 0, at = from; x < size.width; x++, at += step) labels[to + x] = rows[at] as number;
  }
  return { size, labels };
}

function readChunks(png: Uint8Array<ArrayBuffer>): Size & { readonly data: Uint8Array<ArrayBuffer>[] } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (png.length < 33 || view.getUint32(0) !== 0x89504e47) throw new RangeError('the mask is no PNG');
  const [depth, colorType, , , interlace] = png.subarray(24, 29);
  if (depth !== 8 || colorType !== PALETTE || interlace !== 0) {
    throw new RangeError(`the mask has depth ${depth} and colour type ${colorType}; 8 and 3 are allowed`);
  }
  const data: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return { width: view.getUint32(16), height: view.getUint32(20), data };
}

/** Undoes the row's filter in place; only filters of neighbours that are whole ids make sense for masks. */
function unfilter(rows: Uint8Array, y: number, stride: number): void {
  const begin = y * stride;
  const filter = rows[begin];
  if (filter === 0) return;
  if (filter === UP) {
    if (y === 0) return;
    for (let at = begin + 1; at < begin + stride; at++) rows[at] = (rows[at] as number) + (rows[at - stride] as number);
  } else if (filter === SUB) {
    for (let at = begin + 2; at < begin + stride; at++) rows[at] = (rows[at] as number) + (rows[at - 1] as number);
  } else {
    throw new RangeError(`the mask's row ${y} has filter ${filter}; 0, 1 and 2 are allowed`);
  }
}
