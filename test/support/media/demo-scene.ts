import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

export const DEMO_MODEL: ModelInfo = {
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

const SAMPLE = new URL('../../../samples/pedestrians.mp4', import.meta.url).pathname;
const FRAMES = 60;
const MASK = { width: 192, height: 144 };
const PICTURE = { width: 768, height: 576 };

/**
 * The sample clip with a mask from simple background subtraction: good enough to look at, wrong often enough to show what a
 * confidence map shows.
 */
export async function pedestrianScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'maskcast-demo-'));
  try {
    const run = promisify(execFile);
    const small = join(folder, 'small.gray');
    await run('ffmpeg', [
      ...['-v', 'error', '-i', SAMPLE, '-frames:v', String(FRAMES), '-q:v', '5', join(folder, '%04d.jpg')],
      ...[
        '-frames:v',
        String(FRAMES),
        '-vf',
        `scale=${MASK.width}:${MASK.height}`,
        '-pix_fmt',
        'gray',
        '-f',
        'rawvideo',
      ],
      small,
    ]);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
    const jpegs = await Promise.all(names.map((name) => readFile(join(folder, name))));
    const masks = subtractBackground(await readFile(small), jpegs.length);
    return {
      model: DEMO_MODEL,
      async frame(number) {
        // To and fro, so that the loop has no jump.
        const turn = number % (2 * jpegs.length - 2);
        const at = turn < jpegs.length ? turn : 2 * jpegs.length - 2 - turn;
        const { labels, confidence } = masks[at] as (typeof masks)[number];
        const age = number % 3;
        const mask: Mask = { size: MASK, labels, confidence, origin: age === 0 ? 'inferred' : 'propagated', age };
        return segmented(number, PICTURE, jpegs[at] as Buffer, mask);
      },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function subtractBackground(gray: Buffer, frames: number) {
  const pixels = MASK.width * MASK.height;
  const background = new Uint8Array(pixels);
  const column = new Uint8Array(frames);
  for (let i = 0; i < pixels; i++) {
    for (let f = 0; f < frames; f++) column[f] = gray[f * pixels + i] as number;
    background[i] = column.toSorted()[frames >> 1] as number;
  }
  const ground = Uint8Array.from(background, (luma) => (luma > 105 ? 2 : 3));
  const scenery = majority(majority(majority(ground)));
  return Array.from({ length: frames }, (_, f) => {
    const raw = scenery.map((label, i) =>
      Math.abs((gray[f * pixels + i] as number) - (background[i] as number)) > 24 ? 1 : label,
    );
    const labels = majority(raw);
    const confidence = labels.map((label, i) => {
      const difference = Math.abs((gray[f * pixels + i] as number) - (background[i] as number));
      return Math.min(15, label === 1 ? 6 + (difference >> 3) : 14 - (difference >> 2)) * 17;
    });
    return { labels, confidence };
  });
}

/** The commonest label of each 3 × 3 neighbourhood. */
function majority(labels: Uint8Array): Uint8Array {
  const out = new Uint8Array(labels.length);
  for (let y = 0; y < MASK.height; y++) {
    for (let x = 0; x < MASK.width; x++) {
      const counts = new Uint8Array(8);
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const at =
            Math.min(MASK.height - 1, Math.max(0, y + dy)) * MASK.width + Math.min(MASK.width - 1, Math.max(0, x + dx));
          const label = labels[at] as number;
          counts[label] = (counts[label] as number) + 1;
        }
      }
      out[y * MASK.width + x] = counts.indexOf(Math.max(...counts));
    }
  }
  return out;
}

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
