import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Size } from '../../src/core/geometry.js';
import type { MapOptions } from '../../src/evaluate/class-map.js';
import { type DatasetClass, type LabelledDataset, openDataset } from '../../src/evaluate/dataset.js';
import { pictureSize } from '../../src/evaluate/picture.js';
import { colors } from '../../src/inference/adopt/draft.js';
import { nativePlane } from '../../src/inference/geometry.js';
import { type Manifest, type ModelFiles, readManifest, verifyChecksums } from '../../src/inference/manifest.js';
import { readCurve } from './curves.js';
import { graphCost } from './graph-cost.js';
import { thisMachine } from './machine.js';
import { type Color, drawModel, drawPrivateGrid, drawTruth } from './pictures.js';
import { type ModelResult, type Results, readResults, type Score, type Timings, writeResults } from './results.js';
import { scoreModel } from './score.js';
import { measure } from './timings.js';

export interface MeasureOptions {
  readonly data: string;
  /** With commas. */
  readonly splits: string;
  readonly models: readonly string[];
  readonly longer: readonly string[];
  readonly runs: readonly string[];
  readonly show: readonly string[];
  readonly out: string;
  readonly every: number;
  readonly limit?: number;
  readonly threads: number;
  readonly shown: string;
  readonly cache: string;
  readonly grids?: string;
  readonly rounds: number;
  /** Take over what `results.json` has of a network with the same name and checksum, over as many pictures. */
  readonly reuse?: true;
  /** Take over what `results.json` has of the networks under comparison and their runs, whose files are gone. */
  readonly keep?: true;
}

export const RESULTS = 'results.json';
const TRUTH = 'looks-truth.jpg';
/** Pictures of the free data set that a row shows; more would be too small to see. */
const SHOWN = 2;

/**
 * Scores, counts and draws; keeps earlier timings of networks that are still built the same.
 *
 * @throws Error where `keep` is asked for, and there is nothing to keep or it was measured on other pictures
 */
export async function measureAll(options: MeasureOptions): Promise<void> {
  const { out, data, splits, every, limit } = options;
  await mkdir(out, { recursive: true });
  const models = await openModels(options);
  const whole = await Promise.all(splits.split(',').map((split) => openDataset(data, split.trim())));
  const datasets = whole.map((dataset) => thinned(dataset, every, limit));
  const dataset = datasets.at(-1) as LabelledDataset;
  const shown = await openDataset(options.shown, 'frames');
  const few = spread(shown, SHOWN);
  const plane = await planeOf(models, dataset);
  await drawTruth(join(out, TRUTH), few, colorsOf(few.classes));
  const path = join(out, RESULTS);
  const earlier = options.keep ? await readResults(path) : await readResults(path).catch(() => undefined);
  const counts = Object.fromEntries(datasets.map(({ split, samples }) => [split, samples.length]));
  const kept = options.keep && earlier ? keptModels(earlier, counts, plane) : [];
  const results: ModelResult[] = [...kept];
  for (const { files, role } of models) {
    const { name, sha256 } = files.manifest;
    const known = options.reuse && earlier?.models.find((model) => model.name === name && model.sha256 === sha256);
    const covers = known && Object.entries(known.scores).every(([split, { images }]) => images === counts[split]);
    results.push(covers ? { ...known, role } : await resultOf({ options, files, role, datasets, shown, few, plane }));
  }
  const others: Results['shown']['others'] = [];
  for (const folder of options.show) {
    const files = await readManifest(folder);
    others.push({ name: files.manifest.name, ...(await look(files, shown, few, options)) });
  }
  if (options.grids) {
    const grid = spread(dataset, GRID);
    await drawPrivateGrid(
      options.grids,
      grid,
      colorsOf(grid.classes),
      models.map(({ files }) => files),
    );
  }
  const timings = earlier?.timings && timingsOfKnown(earlier.timings, earlier.models, results);
  const curves = await Promise.all(options.runs.map(readCurve));
  await writeResults(path, {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    plane,
    data: {
      name: dataset.name,
      splits: datasets.map(({ split, samples }, index) => ({
        name: split,
        images: samples.length,
        of: whole[index]?.samples.length ?? samples.length,
      })),
      classes: dataset.classes.map(({ name }, index) => ({
        name,
        color: [...(colorsOf(dataset.classes)[index] as Color)],
      })),
    },
    models: results,
    shown: { data: shown.name, images: few.samples.length, truth: TRUTH, others },
    curves: options.keep && earlier ? [...earlier.curves, ...curves] : curves,
    ...(timings ? { timings } : {}),
  });
}

/** The networks under comparison, as `results.json` has them. */
function keptModels(
  { models, data, plane }: Results,
  counts: Readonly<Record<string, number>>,
  now: Size,
): ModelResult[] {
  const before = Object.fromEntries(data.splits.map(({ name, images }) => [name, images]));
  const [had, has] = [
    { ...before, plane },
    { ...counts, plane: now },
  ].map((measured) => JSON.stringify(measured));
  if (had !== has) throw new Error(`--keep: ${RESULTS} was measured on ${had}, this run is on ${has}`);
  return models.filter(({ role }) => role === 'compared');
}

/** Numbers in a file take more or fewer bytes as they are large or small; one node more in fp32 takes hundreds. */
const SPARE_BYTES = 64;

/** Times belong to graphs, not to their weights: they stay with a network that was trained anew, and go with one that is gone. */
function timingsOfKnown(
  timings: Timings,
  before: readonly ModelResult[],
  now: readonly ModelResult[],
): Timings | undefined {
  const sameGraph = (one: ModelResult, other: ModelResult) =>
    one.name === other.name &&
    one.parameters === other.parameters &&
    one.multiplyAdds === other.multiplyAdds &&
    Math.abs(one.bytes - other.bytes) <= SPARE_BYTES;
  const heirs = new Map(before.map((model) => [model.sha256, now.find((other) => sameGraph(model, other))?.sha256]));
  const runs = timings.runs.flatMap((run) => {
    const sha256 = heirs.get(run.sha256);
    return sha256 ? [{ ...run, sha256 }] : [];
  });
  const memory = Object.fromEntries(
    Object.entries(timings.memory).flatMap(([old, peak]) => {
      const sha256 = heirs.get(old);
      return sha256 ? [[sha256, peak]] : [];
    }),
  );
  return runs.length > 0 ? { ...timings, runs, memory } : undefined;
}

/** Pictures of the data set in a private grid. */
const GRID = 3;

/** Times networks that `results.json` knows. */
export async function measureTimings(options: MeasureOptions): Promise<void> {
  const path = join(options.out, RESULTS);
  const results = await readResults(path);
  const models = (await openModels(options)).map(({ files }) => files);
  const stranger = models.find(({ manifest }) => !results.models.some(({ sha256 }) => sha256 === manifest.sha256));
  if (stranger) throw new Error(`${stranger.dir} has not been scored: run without --timings-only first`);
  const timings = await measure({
    models,
    plane: results.plane,
    rounds: options.rounds,
    onProgress: (done, total) => progress(`round ${done} of ${total}`, done === total),
  });
  await writeResults(path, { ...results, timings });
}

interface Opened {
  readonly files: ModelFiles;
  readonly role: ModelResult['role'];
}

async function openModels({ models, longer }: MeasureOptions): Promise<readonly Opened[]> {
  const open = (role: Opened['role']) => async (folder: string) => {
    const files = await readManifest(folder);
    await verifyChecksums(files);
    return { files, role };
  };
  return [...(await Promise.all(models.map(open('compared')))), ...(await Promise.all(longer.map(open('longer'))))];
}

async function resultOf(given: {
  readonly options: MeasureOptions;
  readonly files: ModelFiles;
  readonly role: ModelResult['role'];
  readonly datasets: readonly LabelledDataset[];
  readonly shown: LabelledDataset;
  readonly few: LabelledDataset;
  readonly plane: Size;
}): Promise<ModelResult> {
  const { options, files, role, datasets, shown, few, plane } = given;
  const { manifest, modelPath } = files;
  const { cache, threads } = options;
  const scores: Record<string, Score> = {};
  // Nothing is chosen by an int8 copy's score on the other splits.
  for (const dataset of precisionOf(manifest) === 'int8' ? datasets.slice(-1) : datasets) {
    scores[dataset.split] = await scoreModel({
      model: files,
      dataset,
      cacheDir: cache,
      threads,
      onProgress: (done, total) => progress(`${manifest.name}, ${dataset.split}: ${done} of ${total}`, done === total),
    });
  }
  return {
    name: manifest.name,
    role,
    precision: precisionOf(manifest),
    sha256: manifest.sha256,
    trainedOn: manifest.data,
    bytes: (await stat(modelPath)).size,
    ...(await graphCost(files, plane)),
    scores,
    shown: await look(files, shown, few, options),
  };
}

/** A network on the pictures that are free to show. */
async function look(
  files: ModelFiles,
  shown: LabelledDataset,
  few: LabelledDataset,
  { out, cache, threads }: MeasureOptions,
): Promise<ModelResult['shown']> {
  const { manifest } = files;
  const map = roadUsers(manifest);
  const { mIoU, iou } = await scoreModel({ model: files, dataset: shown, map, cacheDir: cache, threads });
  if (precisionOf(manifest) === 'int8') return { mIoU, iou };
  const picture = `looks-${manifest.name}.jpg`;
  await drawModel(join(out, picture), few, files, map);
  return { mIoU, iou, picture };
}

const precisionOf = ({ name }: Manifest): ModelResult['precision'] => (name.endsWith('-int8') ? 'int8' : 'fp32');

/** The pictures that are free to show know people and vehicles; street networks have other names for them. */
function roadUsers({ classes }: Manifest): MapOptions {
  const known = new Set(classes.map(({ name }) => name));
  const partners = Object.entries({ car: 'vehicle', pedestrian: 'person', '*': 'other' });
  return { rename: Object.fromEntries(partners.filter(([name]) => name === '*' || known.has(name))) };
}

/** The plane that a picture of the data set fills: the same for all networks, or their work could not be compared. */
async function planeOf(models: readonly Opened[], { samples }: LabelledDataset): Promise<Size> {
  const size = await pictureSize(samples[0]?.image ?? '');
  const planes = models.map(({ files }) => nativePlane(files.manifest, size, 1));
  const texts = planes.map((plane) => (plane ? `${plane.width}×${plane.height}` : 'none'));
  const [first] = planes;
  if (first && new Set(texts).size === 1) return first;
  throw new Error(
    `the networks take pictures of ${size.width}×${size.height} in planes of ${texts.join(', ')}: expected one`,
  );
}

function thinned(dataset: LabelledDataset, every: number, limit: number | undefined): LabelledDataset {
  return { ...dataset, samples: dataset.samples.filter((_, index) => index % every === 0).slice(0, limit) };
}

/** `count` pictures from begin to end. */
function spread(dataset: LabelledDataset, count: number): LabelledDataset {
  const { samples } = dataset;
  const chosen = Array.from({ length: Math.min(count, samples.length) }, (_, index) =>
    Math.floor(((index + 0.5) * samples.length) / count),
  );
  return { ...dataset, samples: chosen.flatMap((at) => samples[at] ?? []) };
}

function colorsOf(classes: readonly DatasetClass[]): readonly Color[] {
  const palette = colors(classes.length);
  return classes.map(({ color }, index) => color ?? (palette[index] as Color));
}

function progress(text: string, done: boolean): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}${done ? '\n' : ''}`);
  else if (done) process.stderr.write(`${text}\n`);
}
