import sharp from 'sharp';
import type { Mask } from '../../../src/core/mask.js';
import type { ModelInfo } from '../../../src/core/model.js';
import type { SegmentedFrame } from '../../../src/core/ports.js';
import { epochMs } from '../../../src/core/time.js';

/** Pictures with masks for a page under test, without a network. */
export interface Scene {
  readonly model: ModelInfo;
  frame(number: number): Promise<SegmentedFrame>;
}

const DEMO_MODEL: ModelInfo = {
  name: 'demo-street',
  classes: [
    { id: 0, name: 'other', color: [0, 0, 0] },
    { id: 1, name: 'person', color: [220, 20, 60] },
    { id: 2, name: 'pavement', color: [244, 190, 80] },
    { id: 3, name: 'vegetation', color: [90, 170, 60] },
    { id: 4, name: 'vehicle', color: [0, 90, 200] },
  ],
  ignoreIndex: 255,
  licence: 'CC0-1.0',
  stride: 4,
};

/** Bits of a frame number that a numbered scene shows. */
export const NUMBER_BITS = 12;
const NUMBERED = { width: 480, height: 270 };
const NUMBERED_MASK = { width: 96, height: 54 };

/**
 * Every picture carries its frame number as bars of light and dark, lowest bit left; its mask carries the same number as
 * bars of vehicle and other. Only a picture and a mask of one frame agree.
 */
export function numberedScene(): Scene {
  return {
    model: DEMO_MODEL,
    async frame(number) {
      const { width, height } = NUMBERED;
      const row = Buffer.alloc(width * 3);
      for (let x = 0; x < width; x++) row.fill(bitAt(number, x / width) ? 235 : 20, x * 3, x * 3 + 3);
      const pixels = Buffer.concat(Array.from({ length: height }, () => row));
      const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 80 })
        .toBuffer();
      const labels = new Uint8Array(NUMBERED_MASK.width * NUMBERED_MASK.height);
      for (let i = 0; i < labels.length; i++) {
        labels[i] = bitAt(number, (i % NUMBERED_MASK.width) / NUMBERED_MASK.width) ? 4 : 0;
      }
      const confidence = new Uint8Array(labels.length).fill(204);
      return segmented(number, NUMBERED, jpeg, { size: NUMBERED_MASK, labels, confidence, origin: 'inferred', age: 0 });
    },
  };
}

const bitAt = (number: number, x: number): boolean => ((number >> Math.floor(x * NUMBER_BITS)) & 1) === 1;

function segmented(
  number: number,
  picture: { width: number; height: number },
  jpeg: Uint8Array,
  mask: Mask,
): SegmentedFrame {
  return {
    number,
    pts: { ticks: number, timeBase: { num: 1, den: 25 } },
    capturedAt: epochMs(Date.now()),
    discontinuity: number === 0,
    geometry: { source: picture, picture, analysis: { width: 384, height: 288 }, content: { width: 384, height: 288 } },
    jpeg,
    mask,
  };
}
