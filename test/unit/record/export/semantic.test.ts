import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cityOf, cityscapesLabels, semanticMasks } from '../../../../src/record/export/semantic.js';
import type { MaskedFrame, Recording, SegmentStart } from '../../../../src/record/file-output.js';
import { indexedPng } from '../../../support/exports.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-semantic-'));
});
afterEach(() => rm(folder, { recursive: true }));

const recording = (...names: string[]) =>
  ({
    file: { path: '/videos/my walk_2.mp4' },
    model: { classes: names.map((name, id) => ({ id, name, color: [id, id, id] })) },
    size: { width: 4, height: 1 },
  }) as unknown as Recording;

async function valuesOf(make: typeof semanticMasks, names: readonly string[], chosen: readonly number[]) {
  const output = make(recording(...names), { classes: new Set(chosen) });
  const sink = await output.open(folder, {} as SegmentStart);
  await sink.write({ number: 7, labels: Uint8Array.of(0, 1, 2, 3) } as MaskedFrame);
  const [file = ''] = await readdir(folder);
  return [...indexedPng(await readFile(join(folder, file))).pixels];
}

it('masks keep the background, which has to be learnt, and ignore what was not chosen', async () => {
  expect(await valuesOf(semanticMasks, ['other', 'person', 'car', 'dog'], [1, 3])).toEqual([0, 1, 255, 2]);
});

it("label ids are Cityscapes' own where all classes have its names", async () => {
  expect(await valuesOf(cityscapesLabels, ['road', 'Person', 'car', 'sky'], [0, 1, 2])).toEqual([7, 24, 26, 0]);
});

it('label ids are counted where some class has another name', async () => {
  expect(await valuesOf(cityscapesLabels, ['road', 'pedestrian', 'car', 'sky'], [0, 1, 2])).toEqual([0, 1, 2, 255]);
});

it('a city is what the recording is called, without underscores', () => {
  expect(['/videos/my walk_2.mp4', 'frames_%05d.png', '%d.png'].map(cityOf)).toEqual([
    'my-walk-2',
    'frames',
    'recording',
  ]);
});
