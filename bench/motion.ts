/**
 * Motion candidates for the temporal engine, by error and time, without a network:
 *
 *     npm run bench:motion -- DATA [SPLIT, default val] [FRAMES, default all]
 *
 * DATA is a data set folder as of `maskcast eval-video`, whose pictures in order of their names are a video. The labels of every fifth frame are
 * moved to the four frames after it, along the composed motion, as the engine moves scores; the error is what their mIoU with the labels of
 * those frames lacks to 100 (labels that come into view can't be right: that part is the same for all). Time is that of motion and
 * correction alone, in ms a frame: of plain TypeScript for both methods, and of the kernels that the engine runs.
 */
import type { Size } from '../src/core/geometry.js';
import { ConfusionMatrix } from '../src/evaluate/confusion.js';
import { openDataset } from '../src/evaluate/dataset.js';
import { scoresOf } from '../src/evaluate/metrics.js';
import { pictureSize, readLabel, readPlane } from '../src/evaluate/picture.js';
import { clearField, composeFields, createField, type Field } from '../src/temporal/field.js';
import { InverseSearch, type SearchOptions } from '../src/temporal/inverse-search.js';
import { createPyramid, fillPyramid, gridOf, type Pyramid } from '../src/temporal/plane.js';
import { createScores, warpScores } from '../src/temporal/propagate.js';
import { MaskRenderer } from '../src/temporal/render.js';
import { KernelMemory } from '../src/temporal/wasm.js';
import { ScalarSearch } from '../test/unit/temporal/scalar/search.js';
import { BlockMatching } from './block-matching.js';
import { machine } from './server.js';

const [data, split = 'val', limit = 'all'] = process.argv.slice(2);
if (!data) {
  console.error('usage: npm run bench:motion -- DATA [SPLIT] [FRAMES]');
  process.exit(2);
}
const dataset = await openDataset(data, split);
const samples = limit === 'all' ? dataset.samples : dataset.samples.slice(0, Number(limit));
const [first] = samples;
if (!first) throw new Error('the data set is empty');
const size = await pictureSize(first.image);
const grid = gridOf(size);
const geometry = { analysis: size, content: size };
const classes = dataset.classes.length;
const INTERVAL = 5;

/** Frame to the one before (`step`), or a composed way improved (`correct`). */
interface Candidate {
  readonly name: string;
  step(newer: Pyramid, older: Pyramid, predicted: Field, out: Field): void;
  correct?(newer: Pyramid, older: Pyramid, way: Field, out: Field): void;
}

const memory = new KernelMemory();
const some = createPyramid(memory, size);
const searches: readonly SearchOptions[] = [
  { iterations: 2, finest: 1 },
  { iterations: 3, finest: 0 },
];
const nameOf = ({ iterations, finest }: SearchOptions) => `to 1/${finest ? 4 : 2}, ${iterations} steps`;
const candidates: readonly Candidate[] = [
  { name: 'none: hold the labels', step: (_newer, _older, _predicted, out) => clearField(out) },
  ...([1, 0] as const).map((finest): Candidate => {
    const matching = new BlockMatching(some, finest);
    const name = `block matching to 1/${finest ? 4 : 2}, TypeScript`;
    return { name, step: (newer, older, predicted, out) => matching.run(newer, older, predicted, out) };
  }),
  ...searches.map((options): Candidate => {
    const search = new ScalarSearch(some, options);
    const name = `inverse search ${nameOf(options)}, TypeScript`;
    return { name, step: (newer, older, predicted, out) => search.run(newer, older, predicted, out) };
  }),
  ...searches.flatMap((options): Candidate[] => {
    const search = new InverseSearch(memory, some, options);
    const step: Candidate['step'] = (newer, older, predicted, out) => search.run(newer, older, predicted, out);
    const correct: Candidate['step'] = (newer, older, way, out) => search.correct(newer, older, way, out);
    const name = `inverse search ${nameOf(options)}, kernels`;
    return [
      { name, step },
      { name: `${name}, corrected`, step, correct },
    ];
  }),
];

interface Shot {
  readonly pyramid: Pyramid;
  readonly labels: Uint8Array;
}

async function readShot({ image, label }: (typeof samples)[number]): Promise<Shot> {
  const plane = await readPlane(image, size, { kind: 'native', analysis: size });
  const pixels = memory.bytes(plane.data.length);
  pixels.set(plane.data);
  const pyramid = createPyramid(memory, size);
  fillPyramid(pyramid, pixels, geometry);
  return { pyramid, labels: (await readLabel(label)).data };
}

/** Shares of each class in each cell: what is no class counts for none. */
function scoresFrom(labels: Uint8Array) {
  const scores = createScores(memory, grid, classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (label >= classes) continue;
    const cell = (Math.floor(i / size.width) >> 2) * grid.width + ((i % size.width) >> 2);
    const at = cell * scores.lanes + label;
    scores.data[at] = (scores.data[at] as number) + 1 / 16;
  }
  return scores;
}

function atMaskSize(labels: Uint8Array, mask: Size): Uint8Array {
  return Uint8Array.from({ length: mask.width * mask.height }, (_, i) => {
    return labels[2 * Math.floor(i / mask.width) * size.width + 2 * (i % mask.width)] as number;
  });
}

const shots = await Promise.all(samples.map(readShot));
console.log(`${dataset.name} ${split}, ${shots.length} frames of ${size.width}×${size.height}; ${machine()}\n`);
console.log(
  `${''.padEnd(52)}${'error after 1'.padStart(14)}${'2'.padStart(7)}${'3'.padStart(7)}${'4'.padStart(7)} frames      ms`,
);
const renderer = new MaskRenderer(memory, grid);
for (const { name, step, correct } of candidates) {
  const matrices = Array.from({ length: INTERVAL }, () => new ConfusionMatrix(classes));
  let [previous, now, way, longer] = [
    createField(memory, grid),
    createField(memory, grid),
    createField(memory, grid),
    createField(memory, grid),
  ];
  const moved = createScores(memory, grid, classes);
  let known = moved;
  let time = 0;
  shots.forEach(({ pyramid, labels }, n) => {
    const before = shots[n - 1];
    const distance = n % INTERVAL;
    if (before) {
      const begin = performance.now();
      step(pyramid, before.pyramid, previous, now);
      time += performance.now() - begin;
    }
    if (distance === 0) {
      known = scoresFrom(labels);
      clearField(way);
    } else {
      composeFields(now, way, longer);
      [way, longer] = [longer, way];
      if (correct) {
        const begin = performance.now();
        correct(pyramid, (shots[n - distance] as Shot).pyramid, way, longer);
        time += performance.now() - begin;
        [way, longer] = [longer, way];
      }
      warpScores(known, way, moved);
      const mask = renderer.render(moved, undefined, 'propagated', distance);
      (matrices[distance] as ConfusionMatrix).add(atMaskSize(labels, mask.size), mask.labels);
    }
    [previous, now] = [now, previous];
  });
  const errors = matrices.slice(1).map((matrix) => (100 - 100 * scoresOf(matrix).meanIoU).toFixed(2).padStart(7));
  console.log(`${name.padEnd(59)}${errors.join('')}        ${(time / shots.length).toFixed(2).padStart(6)}`);
}
