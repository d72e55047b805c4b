import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placementFor } from '../../src/cli/eval/flags.js';
import { type MapOptions, mapClasses } from '../../src/evaluate/class-map.js';
import type { DatasetClass, LabelledDataset } from '../../src/evaluate/dataset.js';
import { segmentPicture } from '../../src/evaluate/evaluate.js';
import { readLabel } from '../../src/evaluate/picture.js';
import type { ModelFiles } from '../../src/inference/manifest.js';
import { createSegmenter } from '../../src/inference/segmenter.js';
import { errorTile, maskTile, readTile, type Tile, writeRow } from './tiles.js';

/** Rows of pictures: what there is, and what each network makes of it. */

export type Color = readonly [number, number, number];

/** Width of one picture in a row, pixels. */
const WIDTH = 320;

/** Picture and truth of every sample, side by side. */
export async function drawTruth(path: string, dataset: LabelledDataset, colors: readonly Color[]): Promise<void> {
  const tiles: Tile[] = [];
  for (const { image, label } of dataset.samples) {
    const picture = await readTile(image);
    tiles.push(picture, maskTile(picture, (await readLabel(label)).data, painted(dataset.classes, colors)));
  }
  await writeRow(path, tiles, WIDTH);
}

/** A network's mask and its errors for every sample, side by side. */
export async function drawModel(
  path: string,
  dataset: LabelledDataset,
  { manifest, dir }: ModelFiles,
  map: MapOptions = {},
): Promise<void> {
  const segmenter = await createSegmenter({ model: dir, workers: 1, threads: 1, finestStride: 1 });
  try {
    const classMap = mapClasses(manifest.classes, dataset, map);
    const colors = manifest.classes.map(({ color }) => color);
    const tiles: Tile[] = [];
    for (const { image, label } of dataset.samples) {
      const picture = await readTile(image);
      const { labels } = await segmentPicture(segmenter, image, (source) => placementFor(segmenter, source, undefined));
      tiles.push(
        maskTile(picture, labels, painted(manifest.classes, colors)),
        errorTile(picture, labels, (await readLabel(label)).data, classMap),
      );
    }
    await writeRow(path, tiles, WIDTH);
  } finally {
    await segmenter.close();
  }
}

/** What is only "other" stays as it is, so that the rest stands out. */
const painted = (classes: readonly DatasetClass[], colors: readonly Color[]) =>
  classes.map(({ name }, index) => (name === 'other' ? undefined : colors[index]));

/**
 * The same for pictures that may be looked at but not passed on: rows and a page that shows them, in a folder of the user's choice.
 */
export async function drawPrivateGrid(
  folder: string,
  dataset: LabelledDataset,
  colors: readonly Color[],
  models: readonly ModelFiles[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await drawTruth(join(folder, 'truth.jpg'), dataset, colors);
  for (const model of models) await drawModel(join(folder, `${model.manifest.name}.jpg`), dataset, model);
  const rows = ['truth', ...models.map(({ manifest }) => manifest.name)].map(
    (name) => `<figure><figcaption>${name}</figcaption><img src="${name}.jpg" alt="${name}"></figure>`,
  );
  const page = [
    '<!doctype html><meta charset="utf-8"><title>Masks and errors</title>',
    '<style>body{font:14px system-ui;margin:1rem;background:#222;color:#eee}figure{margin:0 0 1rem}img{max-width:100%}</style>',
    '<p>Picture and truth, then each network: mask, and errors in red. Don’t pass on pictures of a data set that forbids it.</p>',
    ...rows,
  ];
  await writeFile(join(folder, 'index.html'), `${page.join('\n')}\n`);
}
