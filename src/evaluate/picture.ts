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
 * How a picture lies in the plane that the network gets, always from the top left. `native`: pixel for pixel. `scaled`:
 * fitted into `content`, as frames of a stream are.
 */
export type Placement =
  | { readonly kind: 'native'; readonly analysis: Size }
  | { readonly kind: 'scaled'; readonly analysis: Size; readonly content: Size };

/**
 * What a picture doesn't fill gets the mean colour of ImageNet (RGB), which most networks see as zero, like the padding of
 * their own convolutions; black or repeated edges cost up to two points of IoU (docs/models.md). The evaluation in
 * `training/` pads alike, or the two would not agree.
 */
const PADDING = [124, 116, 104] as const;

/**
 * Reads a picture into a plane.
 * @param source size of the picture
 * @throws MaskcastError DATASET_INVALID
 */
export async function readPlane(path: string, source: Size, placement: Placement): Promise<Plane> {
  const { analysis } = placement;
  const size = placement.kind === 'scaled' ? placement.content : source;
  const data = await attempt(path, () => {
    const picture = sharp(path).toColourspace('srgb').removeAlpha();
    const fitted = placement.kind === 'scaled' ? picture.resize({ ...size, fit: 'fill', kernel: 'cubic' }) : picture;
    return fitted.raw({ depth: 'uchar' }).toBuffer();
  });
  const plane = new Uint8Array(new SharedArrayBuffer(analysis.width * analysis.height * 3));
  for (let at = 0; at < plane.length; at += 3) plane.set(PADDING, at);
  const row = size.width * 3;
  for (let y = 0; y < size.height; y += 1) plane.set(data.subarray(y * row, (y + 1) * row), y * analysis.width * 3);
  return { ...analysis, data: plane };
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
