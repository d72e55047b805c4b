import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Segmenter } from '../../src/core/ports.js';
import { type LabelledDataset, openDataset } from '../../src/evaluate/dataset.js';
import { evaluate } from '../../src/evaluate/evaluate.js';
import { readCatalog } from '../../src/inference/catalog.js';
import type { InferencePool } from '../../src/inference/pool.js';
import { createSegmenter } from '../../src/inference/segmenter.js';

/**
 * What a manifest claims of its network on four frames that are free to ship comes out again. The second half shows that a
 * mistake on a pixel's way into the network can not pass.
 */

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
const WALKERS = fileURLToPath(new URL('../fixtures/walkers/', import.meta.url));
const CLAIM = 'walkers frames (test/fixtures)';
/** Points of mIoU by which machines may differ: rounding moves single pixels. */
const TOLERANCE = 0.5;
/** Integer kernels differ more from processor to processor: some saturate (docs/decisions/networks/0041). */
const INTEGER_TOLERANCE = 2;

let walkers: LabelledDataset;
beforeAll(async () => {
  walkers = await openDataset(WALKERS, 'frames');
});

/** mIoU in per cent; road users of street networks count as what they are called here. */
async function scoreOf(pool: InferencePool, segmenter: Segmenter = pool): Promise<number> {
  const known = new Set(pool.model.classes.map(({ name }) => name));
  const partners = Object.entries({ car: 'vehicle', pedestrian: 'person', '*': 'other' });
  const { scores } = await evaluate({
    segmenter,
    dataset: walkers,
    map: { rename: Object.fromEntries(partners.filter(([name]) => name === '*' || known.has(name))) },
    placementFor: (source) => {
      const analysis = pool.nativePlaneFor(source);
      return analysis ? { kind: 'native', analysis } : { kind: 'scaled', ...pool.geometryFor(source) };
    },
  });
  return scores.meanIoU * 100;
}

const claimOf = (scores: readonly { readonly data: string; readonly mIoU?: number | undefined }[]): number => {
  const claim = scores.find(({ data }) => data === CLAIM)?.mIoU;
  if (claim === undefined)
    throw new Error(`the manifest has no score for "${CLAIM}"; see test/fixtures/walkers/README.md`);
  return claim;
};

describe('every shipped network', async () => {
  const models = await readCatalog(MODELS);

  it.each(models.map((entry) => [entry.name, entry] as const))(
    '%s scores what its manifest says',
    async (name, entry) => {
      if ('error' in entry) throw entry.error;
      const pool = await createSegmenter({ model: name, modelsDir: MODELS, workers: 1 });
      try {
        const claim = claimOf(entry.files.manifest.scores);
        const score = await scoreOf(pool);
        const tolerance = name.endsWith('-int8') ? INTEGER_TOLERANCE : TOLERANCE;
        expect(score).toBeGreaterThan(claim - tolerance);
        expect(score).toBeLessThan(claim + tolerance);
      } finally {
        await pool.close();
      }
    },
  );
});

describe('a mistake on the way of the pixels shows in the score', () => {
  let pool: InferencePool;
  let right: number;
  beforeAll(async () => {
    pool = await createSegmenter({ model: 'hrnet-w18-small-v1-cameras', modelsDir: MODELS, workers: 1 });
    right = await scoreOf(pool);
  });
  afterAll(() => pool.close());

  /** A segmenter that spoils the plane before the network sees it. */
  const spoiled = (spoil: (plane: Uint8Array, width: number) => void): Segmenter => ({
    model: pool.model,
    freeSlots: 1,
    geometryFor: (source) => pool.geometryFor(source),
    inFlight: () => 0,
    waiting: () => 0,
    segment: (stream, frame, options) => {
      spoil(frame.pixels.data, frame.geometry.analysis.width);
      return pool.segment(stream, frame, options);
    },
    close: async () => {},
  });

  const swapRedAndBlue = (plane: Uint8Array) => {
    for (let at = 0; at < plane.length; at += 3) plane.subarray(at, at + 3).reverse();
  };
  const shift = (by: number) => (plane: Uint8Array, width: number) => {
    plane.copyWithin((by * width + by) * 3, 0);
  };
  const normaliseTwice = (plane: Uint8Array) => {
    for (let at = 0; at < plane.length; at += 1) plane[at] = ((plane[at] as number) - 124) / 58;
  };
  const planesForInterleaved = (plane: Uint8Array) => {
    const pixels = plane.slice();
    const size = plane.length / 3;
    for (let pixel = 0; pixel < size; pixel += 1) {
      for (let channel = 0; channel < 3; channel += 1)
        plane[channel * size + pixel] = pixels[pixel * 3 + channel] as number;
    }
  };

  it.each([
    ['blue taken for red', swapRedAndBlue],
    ['a picture that lies 8 pixels off', shift(8)],
    ['normalisation done twice', normaliseTwice],
    ['planes given for interleaved pixels', planesForInterleaved],
    [
      'bytes taken for signed ones',
      (plane: Uint8Array) =>
        plane.forEach((value, at) => {
          plane[at] = value ^ 0x80;
        }),
    ],
  ])('%s', async (_, spoil) => {
    expect(await scoreOf(pool, spoiled(spoil))).toBeLessThan(right - 5 * TOLERANCE);
  });
});
