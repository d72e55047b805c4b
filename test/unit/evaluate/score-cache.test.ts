import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ScoreCache } from '../../../src/evaluate/score-cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-scores-'));
});
afterEach(() => rm(folder, { recursive: true }));

const size = { width: 8, height: 4 };
const plane = (value: number) => ({
  pixels: new Uint8Array(new SharedArrayBuffer(96)).fill(value),
  analysis: size,
  content: size,
});
const result = {
  scores: { classes: 2, size: { width: 2, height: 1 }, data: Float32Array.of(0.25, 0.5, 0.75, 0.5) },
  runTime: 12.5,
};

it('gives back what it was given, for the same network and plane only', async () => {
  const cache = new ScoreCache(folder, 'a'.repeat(64));
  await cache.keep(plane(1), result);
  expect(await cache.find(plane(1))).toEqual(result);
  expect(await cache.find(plane(2))).toBeUndefined();
  expect(await cache.find({ ...plane(1), content: { width: 4, height: 4 } })).toBeUndefined();
  expect(await new ScoreCache(folder, 'b'.repeat(64)).find(plane(1))).toBeUndefined();
});

it('takes a file that was cut short for none', async () => {
  const cache = new ScoreCache(folder, 'a'.repeat(64));
  await cache.keep(plane(1), result);
  const [file] = await readdir(join(folder, 'a'.repeat(16)));
  await truncate(join(folder, 'a'.repeat(16), String(file)), 24);
  expect(await cache.find(plane(1))).toBeUndefined();
});
