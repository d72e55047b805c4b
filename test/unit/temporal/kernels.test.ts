import { describe, expect, it } from 'vitest';
import type { Size } from '../../../src/core/geometry.js';
import { Arena } from '../../../src/temporal/arena.js';
import { composeFields, createField, type Field } from '../../../src/temporal/field.js';
import { InverseSearch, type SearchOptions } from '../../../src/temporal/inverse-search.js';
import {
  createPlane,
  createPyramid,
  fillPyramid,
  gridOf,
  meanChange,
  type Plane,
} from '../../../src/temporal/plane.js';
import {
  createScores,
  fillDoubtful,
  readScores,
  type Scores,
  trustOf,
  warpScores,
} from '../../../src/temporal/propagate.js';
import { labelCells, MaskRenderer } from '../../../src/temporal/render.js';
import { isCut, measure } from '../../../src/temporal/residual.js';
import { blendScores } from '../../../src/temporal/smooth.js';
import { holdSpecks } from '../../../src/temporal/specks.js';
import { type Floats, KernelMemory, kernels } from '../../../src/temporal/wasm.js';
import * as motion from './scalar/motion.js';
import * as pyramids from './scalar/pyramid.js';
import { render } from './scalar/render.js';
import * as risk from './scalar/risk.js';
import * as scalar from './scalar/scores.js';
import { ScalarSearch } from './scalar/search.js';

/** Each kernel against plain TypeScript that computes the same, on sizes that don't fit whole vectors too. */

/** Numbers in [0, 1) that are the same at each run: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const memory = new KernelMemory();

const SIZES: readonly Size[] = [
  { width: 128, height: 96 },
  { width: 150, height: 106 },
  { width: 61, height: 37 },
  { width: 8, height: 5 },
];
const CLASSES = [2, 5, 11, 20];

/** A picture with coarse and fine detail, and one that shows it moved and with noise. */
function pictures({ width, height }: Size, random: () => number) {
  const detail = Array.from({ length: 6 }, () => [random() * 0.6, random() * 0.6, random() * 6] as const);
  const draw = (dx: number, dy: number) => {
    const pixels = memory.bytes(width * height * 3);
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p += 3) {
        const value = detail.reduce((sum, [a, b, c]) => sum + 18 * Math.sin(a * (x + dx) + b * (y + dy) + c), 128);
        for (let k = 0; k < 3; k++) pixels[p + k] = Math.min(255, Math.max(0, value + 8 * k + 6 * random()));
      }
    }
    return pixels;
  };
  return [draw(0, 0), draw(3.4, -1.7)] as const;
}

function pyramidsOf(size: Size, random: () => number) {
  const geometry = { analysis: size, content: size };
  return pictures(size, random).map((pixels) => {
    const pyramid = createPyramid(memory, size);
    fillPyramid(pyramid, pixels, geometry);
    return pyramid;
  }) as [Plane[], Plane[]];
}

function randomField(grid: Size, random: () => number, reach = 3): Field {
  const field = createField(memory, grid);
  for (let i = 0; i < field.dx.length; i++) {
    field.dx[i] = (random() - 0.5) * 2 * reach;
    field.dy[i] = (random() - 0.5) * 2 * reach;
  }
  return field;
}

/** Class-major probabilities. */
function randomMap(size: Size, classes: number, random: () => number): Floats {
  const cells = size.width * size.height;
  const map = memory.floats(cells * classes);
  for (let i = 0; i < cells; i++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += map[c * cells + i] = random() ** 4 + 0.001;
    for (let c = 0; c < classes; c++) map[c * cells + i] = (map[c * cells + i] as number) / sum;
  }
  return map;
}

function randomScores(grid: Size, classes: number, random: () => number): Scores {
  const scores = createScores(memory, grid, classes);
  readScores({ size: grid }, randomMap(grid, classes, random), scores);
  return scores;
}

function floatsOf(length: number, value: (i: number) => number): Floats {
  const result = memory.floats(length);
  for (let i = 0; i < length; i++) result[i] = value(i);
  return result;
}

/** Without the lanes that are left over. */
function plain({ width, height, classes, lanes, data }: Scores): scalar.PlainScores {
  const values = new Float32Array(width * height * classes);
  for (let i = 0; i < values.length; i++) values[i] = data[Math.floor(i / classes) * lanes + (i % classes)] as number;
  return { width, height, classes, data: values };
}

const plainField = ({ width, height }: Size): motion.PlainField => ({
  width,
  height,
  dx: new Float32Array(width * height),
  dy: new Float32Array(width * height),
});

/** The greatest difference of two arrays of the same length. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= most)) most = difference;
  }
  return most;
}

describe.each(SIZES)('on a picture of $width×$height', (size) => {
  const grid = gridOf(size);
  const cells = grid.width * grid.height;

  it('pyramids are the same, to the byte', () => {
    const random = randomFrom(1);
    const analysis = { width: size.width + 3, height: size.height + 2 };
    const pixels = memory.bytes(analysis.width * analysis.height * 3);
    for (let i = 0; i < pixels.length; i++) pixels[i] = 256 * random();
    const [ours, theirs] = [createPyramid(memory, size), createPyramid(memory, size)];
    fillPyramid(ours, pixels, { analysis, content: size });
    pyramids.fillPyramid(theirs, pixels, { analysis, content: size });
    for (const [level, plane] of ours.entries()) expect(plane.data).toEqual(theirs[level]?.data);
  });

  it('change and cut are', () => {
    const [a, b] = pyramidsOf(size, randomFrom(2)).map((pyramid) => pyramid[1] as Plane) as [Plane, Plane];
    let sum = 0;
    for (let y = 0; y < a.height; y++) {
      const row = (y + 16) * a.stride + 16;
      for (let x = row; x < row + a.width; x++) sum += Math.abs((a.data[x] as number) - (b.data[x] as number));
    }
    expect(meanChange(a, b)).toBe(sum / (255 * a.width * a.height));
    const odd = floatsOf(101, (i) => (i % 2 ? 25 : 24));
    expect(isCut(odd)).toBe(false);
    odd[0] = 24.5;
    expect(isCut(odd)).toBe(true);
  });

  it.each<SearchOptions>([
    { iterations: 2, finest: 1 },
    { iterations: 5, finest: 0 },
  ])('motion search is, with %o', (options) => {
    const random = randomFrom(3);
    const [newer, older] = pyramidsOf(size, random);
    const predicted = randomField(grid, random, 1);
    const [ours, theirs] = [createField(memory, grid), plainField(grid)];
    new InverseSearch(memory, newer, options).run(newer, older, predicted, ours);
    new ScalarSearch(newer, options).run(newer, older, predicted, theirs);
    expect(apart(ours.dx, theirs.dx)).toBeLessThan(1e-3);
    expect(apart(ours.dy, theirs.dy)).toBeLessThan(1e-3);
    new InverseSearch(memory, newer, options).correct(newer, older, predicted, ours);
    new ScalarSearch(newer, options).correct(newer[0] as Plane, older[0] as Plane, predicted, theirs);
    expect(apart(ours.dx, theirs.dx)).toBeLessThan(1e-3);
    expect(apart(ours.dy, theirs.dy)).toBeLessThan(1e-3);
  });

  it('fields over two steps and their residuals are', () => {
    const random = randomFrom(4);
    const [newer, older] = [randomField(grid, random), randomField(grid, random)];
    const [ours, theirs] = [createField(memory, grid), plainField(grid)];
    composeFields(newer, older, ours);
    motion.composeFields(newer, older, theirs);
    expect(apart(ours.dx, theirs.dx)).toBeLessThan(5e-5);
    expect(apart(ours.dy, theirs.dy)).toBeLessThan(5e-5);
    const [from, to] = pyramidsOf(size, random).map((pyramid) => pyramid[1] as Plane) as [Plane, Plane];
    const [residual, expected] = [memory.floats(cells), new Float32Array(cells)];
    const far = randomField(grid, random, 40);
    measure(from, to, far, residual);
    motion.measure(from, to, far, expected);
    expect(apart(residual, expected)).toBeLessThan(1e-3);
  });

  it.each(CLASSES)('moving, filling and blending the scores of %d classes is', (classes) => {
    const random = randomFrom(5);
    const known = randomScores(grid, classes, random);
    const way = randomField(grid, random, 4);
    const moved = createScores(memory, grid, classes);
    const expected = { ...plain(known), data: new Float32Array(cells * classes) };
    warpScores(known, way, moved);
    scalar.warpScores(plain(known), way, expected);
    expect(apart(plain(moved).data, expected.data)).toBeLessThan(5e-5);

    const residual = floatsOf(cells, () => 60 * random() ** 2);
    const [trust, expectedTrust] = [memory.floats(cells), new Float32Array(cells)];
    trustOf(way, residual, 2, trust);
    scalar.trustOf(way, residual, 2, expectedTrust);
    expect(apart(trust, expectedTrust)).toBeLessThan(5e-5);

    const [luma] = pyramidsOf(size, random).map((pyramid) => pyramid[1] as Plane) as [Plane];
    fillDoubtful(moved, trust, luma);
    scalar.fillDoubtful(expected, trust, luma);
    expect(apart(plain(moved).data, expected.data)).toBeLessThan(5e-5);

    for (const distance of [1, 4]) {
      const fresh = randomScores(grid, classes, random);
      const blended = plain(fresh);
      blendScores(fresh, { scores: moved, trust, way, distance });
      scalar.blendScores(blended, expected, trust, way, distance);
      expect(apart(plain(fresh).data, blended.data)).toBeLessThan(5e-5);
    }
  });

  it.each(CLASSES)('holding back specks of %d classes is', (classes) => {
    const random = randomFrom(8);
    const [blended, moved] = [randomScores(grid, classes, random), randomScores(grid, classes, random)];
    const [before, after] = [memory.bytes(cells), memory.bytes(cells)];
    labelCells(moved, before);
    labelCells(blended, after);
    const [untouched, expected] = [plain(blended), plain(blended)];
    holdSpecks(blended, moved, before, after);
    scalar.holdSpecks(expected, plain(moved), before, after);
    expect(apart(plain(blended).data, expected.data)).toBeLessThan(5e-5);
    if (classes === 20) expect(apart(expected.data, untouched.data)).toBeGreaterThan(0.05);
  });

  it.each(CLASSES)('scores of %d classes are read, and masks made, alike', (classes) => {
    const random = randomFrom(6);
    for (const mapSize of [grid, { width: grid.width * 2 + 1, height: grid.height }]) {
      const data = randomMap(mapSize, classes, random);
      const scores = createScores(memory, grid, classes);
      const expected = { ...grid, classes, data: new Float32Array(cells * classes) };
      readScores({ size: mapSize }, data, scores);
      scalar.readScores({ classes, size: mapSize, data }, expected);
      expect(apart(plain(scores).data, expected.data)).toBeLessThan(5e-5);
    }
    const scores = randomScores(grid, classes, random);
    // Two equal scores: the first class counts.
    scores.data.fill(0.5, 0, 2);
    const trust = floatsOf(cells, random);
    const mask = new MaskRenderer(memory, grid).render(scores, trust, 'propagated', 1);
    const expected = render(plain(scores), trust);
    expect(mask.labels).toEqual(expected.labels);
    expect(apart(mask.confidence, expected.confidence)).toBeLessThanOrEqual(1);
    const sure = new MaskRenderer(memory, grid).render(scores, undefined, 'inferred', 0);
    expect(
      apart(sure.confidence, render(plain(scores), new Float32Array(cells).fill(1)).confidence),
    ).toBeLessThanOrEqual(1);
    const labels = memory.bytes(cells);
    labelCells(scores, labels);
    const { data } = plain(scores);
    for (let i = 0; i < cells; i++) {
      const own = Array.from(data.subarray(i * classes, (i + 1) * classes));
      expect(labels[i]).toBe(own.indexOf(Math.max(...own)));
    }
  });

  it('what is spoiled is', () => {
    const random = randomFrom(7);
    const step = randomField(grid, random, 4);
    const residual = floatsOf(cells, () => 300 * random() ** 3);
    const before = floatsOf(cells, () => random() ** 4);
    const after = memory.floats(cells);
    const { medianLevel, spoil, weightedSum } = kernels();
    expect(medianLevel(residual.byteOffset, cells)).toBe(risk.medianLevel(residual));
    spoil(before.byteOffset, step.handle.byteOffset, residual.byteOffset, 4, 24, after.byteOffset);
    expect(apart(after, risk.spoil(before, step, residual, 4, 24))).toBeLessThan(5e-5);
    const weights = floatsOf(Math.ceil(grid.width / 8) * Math.ceil(grid.height / 8), random);
    expect(weightedSum(after.byteOffset, grid.width, grid.height, weights.byteOffset, 8)).toBeCloseTo(
      risk.weightedSum(after, grid.width, weights, 8),
      3,
    );
  });
});

it('a uniform area keeps its class and its confidence between cells', () => {
  const grid = { width: 33, height: 9 };
  const scores = createScores(memory, grid, 3);
  for (let i = 0; i < grid.width * grid.height; i++) scores.data.set([0.1, 0.8, 0.1], i * scores.lanes);
  const mask = new MaskRenderer(memory, grid).render(scores, undefined, 'inferred', 0);
  expect(mask.labels.every((label) => label === 1)).toBe(true);
  expect(mask.confidence.every((value) => value === 204)).toBe(true);
});

describe('the memory of the kernels', () => {
  it('gives zeroed places that do not overlap, and uses again what was given back', () => {
    const room = new ArrayBuffer(2 * 65_536);
    const arena = new Arena({ buffer: room, grow: () => expect.fail('there is room') }, 100);
    const first = arena.take(1000);
    const second = arena.take(1000);
    expect(first % 64).toBe(0);
    expect(second).toBeGreaterThanOrEqual(first + 1000 + 32);
    new Uint8Array(room, first, 1000).fill(7);
    arena.give(first, 1000);
    expect(arena.take(1010)).toBe(first);
    expect(new Uint8Array(room, first, 1000).every((value) => value === 0)).toBe(true);
  });

  it('has room again for what was freed and for all of what was closed', () => {
    const held = new KernelMemory();
    const [first, second] = [held.bytes(77_777), held.bytes(77_777)];
    held.free(first);
    held.free(first);
    const other = new KernelMemory();
    expect(other.bytes(77_777).byteOffset).toBe(first.byteOffset);
    expect(other.bytes(77_777).byteOffset).not.toBe(first.byteOffset);
    held.close();
    expect(other.bytes(77_777).byteOffset).toBe(second.byteOffset);
  });

  it('grows without losing what it holds', () => {
    const held = floatsOf(1000, (i) => i);
    const plane = createPlane(memory, 4000, 4000);
    plane.data.fill(9);
    expect(held.every((value, i) => value === i)).toBe(true);
    kernels().pad(plane.handle.byteOffset);
    expect(plane.data.at(-1)).toBe(9);
  });
});
