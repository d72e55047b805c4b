import sharp from 'sharp';
import { MaskcastError } from '../core/errors.js';
import type { Mask } from '../core/mask.js';
import { type ClassInfo, isBackground, type ModelInfo } from '../core/model.js';
import type { SegmentedFrame } from '../core/ports.js';
import { blend } from './blend.js';

/** How the mask is drawn into a picture. */
export interface OverlayStyle {
  /** Of the fill, 0–1. */
  readonly opacity: number;
  /** A line in full colour along the edges of drawn classes. */
  readonly outline: boolean;
  /** Ids or names of the classes to draw. Absent: all but background classes. */
  readonly classes: readonly string[] | undefined;
}

/** Of drawn pictures: no visible loss against the camera's own JPEG. */
export const JPEG = { quality: 82 };

/**
 * The frame's picture with its mask drawn in, as a baseline JPEG of the picture's size. The codec runs in libvips' threads;
 * the blend runs here, because libvips' own scaling and compositing of RGBA takes several times as long (docs/decisions/0052).
 * @throws MaskcastError BAD_REQUEST (a class that the model does not have), CORRUPT (the picture can't be read)
 */
export async function drawOverlay(frame: SegmentedFrame, model: ModelInfo, style: OverlayStyle): Promise<Buffer> {
  const drawn = drawnClasses(model.classes, style.classes);
  if (frame.jpeg && (drawn.length === 0 || (style.opacity === 0 && !style.outline))) return Buffer.from(frame.jpeg);
  const { data, info } = await decode(frame);
  await blend(data, info, colourMask(frame.mask, drawn, style), frame.mask.size);
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
}

async function decode({ jpeg, number }: SegmentedFrame) {
  if (!jpeg) throw new MaskcastError('CORRUPT', `frame ${number} has no picture`);
  try {
    return await sharp(jpeg, { failOn: 'none' }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw new MaskcastError('CORRUPT', `the picture of frame ${number} cannot be read`, { cause });
  }
}

/** The ids to draw. @throws MaskcastError BAD_REQUEST */
export function drawnClasses(classes: readonly ClassInfo[], wanted: OverlayStyle['classes']): readonly ClassInfo[] {
  if (!wanted) return classes.filter((info) => !isBackground(info));
  return wanted.map((text) => {
    const found = classes.find(({ id, name }) => String(id) === text || name.toLowerCase() === text.toLowerCase());
    if (found) return found;
    const names = classes.map(({ name }) => name).join(', ');
    throw new MaskcastError(
      'BAD_REQUEST',
      `classes must be ids or names of the model's classes: ${names}; received "${text}"`,
    );
  });
}

/** RGBA at mask size, colours multiplied by alpha: the fill at the style's opacity, edges opaque. */
function colourMask(
  { labels, size }: Mask,
  classes: readonly ClassInfo[],
  { opacity, outline }: OverlayStyle,
): Uint8Array {
  const fill = premultiplied(classes, opacity);
  const line = outline ? premultiplied(classes, 1) : fill;
  const { width, height } = size;
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
