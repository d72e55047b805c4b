import { readFile } from 'node:fs/promises';
import { decode } from 'fast-png';
import sharp from 'sharp';
import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';

/** A picture as the network gets it. */
export interface Plane extends Size {
  /** RGB24, row-major, over memory that all threads see. */
  readonly data: Uint8Array<SharedArrayBuffer>;
}

/** The label of a picture: one class index a pixel, row-major. */
export interface LabelImage extends Size {
  readonly data: Uint8Array;
}

/** Size of a picture as its file stores it (labels follow the stored rows, so orientation notes don't count). */
export async function pictureSize(path: string): Promise<Size> {
  const { width, height } = await attempt(path, () => sharp(path).metadata());
  return { width, height };
}

/**
 * Where a picture lies in the plane that the network gets. `native`: pixel for pixel, in the middle. `scaled`: fitted into
 * `content`, top left, as frames of a stream are.
 */
export type Placement =
  | { readonly kind: 'native'; readonly analysis: Size }
  | { readonly kind: 'scaled'; readonly analysis: Size; readonly content: Size };

/**
 * The mean colour of ImageNet (RGB). A network that was trained on normalised pixels sees it as zero, like the padding of
 * its own convolutions; black costs a point of mIoU on CamVid (docs/models.md).
 */
const PADDING = [124, 116, 104] as const;

/**
 * Reads a picture into a plane; what it doesn't fill has the colour of padding.
 * @param source size of the picture
 * @throws MaskcastError DATASET_INVALID
 */
export async function readPlane(path: string, source: Size, placement: Placement): Promise<Plane> {
  const { analysis } = placement;
  const size = placement.kind === 'scaled' ? placement.content : source;
  const { data } = await attempt(path, () => {
    const picture = sharp(path).toColourspace('srgb').removeAlpha();
    const fitted = placement.kind === 'scaled' ? picture.resize({ ...size, fit: 'fill', kernel: 'cubic' }) : picture;
    return fitted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  });
  const plane = new Uint8Array(new SharedArrayBuffer(analysis.width * analysis.height * 3));
  for (let at = 0; at < plane.length; at += 3) plane.set(PADDING, at);
  const { left, top } = offsetOf(placement, source);
  const row = size.width * 3;
  for (let y = 0; y < size.height; y += 1) {
    plane.set(data.subarray(y * row, (y + 1) * row), ((top + y) * analysis.width + left) * 3);
  }
  return { ...analysis, data: plane };
}

/** Column and row of the plane where the picture begins. */
export function offsetOf(placement: Placement, source: Size): { readonly left: number; readonly top: number } {
  if (placement.kind === 'scaled') return { left: 0, top: 0 };
  const { analysis } = placement;
  return { left: (analysis.width - source.width) >> 1, top: (analysis.height - source.height) >> 1 };
}

/**
 * Reads class indices as the PNG stores them: grey values, or palette indices without looking at the palette.
 * @throws MaskcastError DATASET_INVALID
 */
export async function readLabel(path: string): Promise<LabelImage> {
  const { width, height, data, channels, depth } = await attempt(path, async () => decode(await readFile(path)));
  if (channels !== 1 || depth !== 8 || !(data instanceof Uint8Array)) {
    throw new MaskcastError(
      'DATASET_INVALID',
      `${path} must be an 8-bit greyscale or palette PNG of class indices; it has ${channels} channels of ${depth} bits`,
    );
  }
  return { width, height, data };
}

async function attempt<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    throw new MaskcastError('DATASET_INVALID', `${path} can't be read: ${(cause as Error).message}`, { cause });
  }
}
