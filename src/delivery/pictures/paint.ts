import sharp from 'sharp';
import { MaskcastError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { ClassInfo } from '../../core/model.js';
import { blend } from './blend.js';

/** Of drawn pictures: no visible loss against the camera's own JPEG. */
export const JPEG = { quality: 82 };

/** Everything that drawing one picture needs; crosses to the painter's thread. */
export interface PaintJob {
  readonly jpeg: Uint8Array;
  /** Class index a pixel, row-major. */
  readonly labels: Uint8Array;
  readonly maskSize: Size;
  /** Those to draw. */
  readonly classes: readonly ClassInfo[];
  /** Of the fill, 0–1. */
  readonly opacity: number;
  readonly outline: boolean;
}

/**
 * The picture with its mask drawn in, as a JPEG of the same size. The blend is a loop over the picture's pixels,
 * because scaling and compositing RGBA in libvips doubles the cost of the whole picture (docs/decisions/delivery/0052): run it off
 * the main thread, through `Painter`.
 * @throws MaskcastError CORRUPT (the picture can't be read)
 */
export async function paint(job: PaintJob): Promise<Buffer> {
  const { data, info } = await decode(job.jpeg);
  blend(data, info, colourMask(job), job.maskSize);
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
}

async function decode(jpeg: Uint8Array) {
  try {
    return await sharp(jpeg, { failOn: 'none' }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw new MaskcastError('CORRUPT', 'the picture cannot be read', { cause });
  }
}

/** RGBA at mask size, colours multiplied by alpha: the fill at the style's opacity, edges opaque. */
function colourMask({ labels, maskSize, classes, opacity, outline }: PaintJob): Uint8Array {
  const fill = premultiplied(classes, opacity);
  const line = outline ? premultiplied(classes, 1) : fill;
  const { width, height } = maskSize;
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const label = labels[i] as number;
      const edge =
        (x + 1 < width && labels[i + 1] !== label) ||
        (x > 0 && labels[i - 1] !== label) ||
        (y + 1 < height && labels[i + width] !== label) ||
        (y > 0 && labels[i - width] !== label);
      pixels[i] = (edge ? line : fill)[label] as number;
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** 256 RGBA words by label; 0 where it is not drawn. */
function premultiplied(classes: readonly ClassInfo[], opacity: number): Uint32Array {
  const bytes = new Uint8Array(256 * 4);
  for (const { id, color } of classes) bytes.set([...color.map((value) => value * opacity), 255 * opacity], id * 4);
  return new Uint32Array(bytes.buffer);
}
