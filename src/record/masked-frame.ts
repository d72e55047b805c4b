import type { Size } from '../core/geometry.js';
import type { Mask } from '../core/mask.js';
import type { MaskedFrame } from './file-output.js';

/** A frame on its way into files; its labels are brought to `size` once, and only if an output reads them. */
export function maskedFrame({ number, pts, ownTicks, mask }: Omit<MaskedFrame, 'labels'>, size: Size): MaskedFrame {
  let labels: Uint8Array | undefined;
  return {
    ...{ number, pts, ownTicks, mask },
    get labels() {
      labels ??= labelsAt(mask, size);
      return labels;
    },
  };
}

/** The mask's class indices at another size, each from the nearest mask pixel (pixel centres). Row-major. */
export function labelsAt(mask: Mask, { width, height }: Size): Uint8Array {
  const { size, labels } = mask;
  const columns = Int32Array.from({ length: width }, (_, x) => nearest(x, width, size.width));
  const out = new Uint8Array(width * height);
  for (let y = 0, before = -1; y < height; y++) {
    const row = nearest(y, height, size.height);
    const at = y * width;
    if (row === before) {
      out.copyWithin(at, at - width, at);
      continue;
    }
    before = row;
    const from = row * size.width;
    for (let x = 0; x < width; x++) out[at + x] = labels[from + (columns[x] as number)] as number;
  }
  return out;
}

const nearest = (index: number, length: number, sourceLength: number): number =>
  Math.min(sourceLength - 1, Math.floor(((index + 0.5) * sourceLength) / length));
