import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { MediaFacts } from '../../../src/media/facts.js';
import { KnownFacts } from '../../../src/media/known-facts.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-known-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const facts = {} as MediaFacts;

it('asks about a file once, also when it has moved, and again when it has changed', async () => {
  const known = new KnownFacts();
  const [before, after] = [join(folder, 'a.part'), join(folder, 'a.mp4')];
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return facts;
  };
  await writeFile(before, 'one');
  await known.of(before, ask);
  await rename(before, after);
  expect(await known.of(after, ask)).toBe(facts);
  expect(asked).toBe(1);
  await writeFile(after, 'longer');
  await known.of(after, ask);
  expect(asked).toBe(2);
});

it('remembers no failure, and nothing of a file that is not there', async () => {
  const known = new KnownFacts();
  const path = join(folder, 'a.mp4');
  await writeFile(path, 'one');
  await expect(known.of(path, () => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
  expect(await known.of(path, async () => facts)).toBe(facts);
  await expect(known.of(join(folder, 'b.mp4'), () => Promise.reject(new Error('absent')))).rejects.toThrow('absent');
});
