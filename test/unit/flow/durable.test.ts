import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outputError, writeDurably } from '../../../src/flow/durable.js';
import { Journal } from '../../../src/record/run/journal.js';

/** What reached the disk, in order: `sync NAME`, `rename NAME → NAME`. */
const calls: string[] = [];

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    async open(path: string, ...more: []) {
      const file = await real.open(path, ...more);
      const sync = file.sync.bind(file);
      file.sync = () => {
        calls.push(`sync ${basename(path)}`);
        return sync();
      };
      return file;
    },
    rename(from: string, to: string) {
      calls.push(`rename ${basename(from)} → ${basename(to)}`);
      return real.rename(from, to);
    },
  };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-durable-'));
  calls.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a durable file', () => {
  it('is flushed before it gets its name, and its folder after', async () => {
    await writeDurably(join(folder, 'facts.json'), 'all of it');
    expect(calls).toEqual(['sync facts.json.part', 'rename facts.json.part → facts.json', `sync ${basename(folder)}`]);
    expect(await readFile(join(folder, 'facts.json'), 'utf8')).toBe('all of it');
  });
});

describe('a segment', () => {
  it('is flushed as a whole, files before folders, before it counts as committed', async () => {
    const journal = await Journal.open(join(folder, 'walk'), {}, 'fail');
    const own = (await journal?.begin(0)) ?? '';
    await writeDurably(join(own, 'rows'), '…');
    calls.length = 0;
    await journal?.commit({ folder: own, firstFrame: 0, frames: 1, firstTicks: 0 }, undefined);
    const at = (call: string) => calls.indexOf(call);
    const named = at(`rename ${basename(own)} → 000000000`);
    expect(at('sync rows')).toBeGreaterThanOrEqual(0);
    expect(at('sync segment.json')).toBeGreaterThanOrEqual(0);
    expect(calls.lastIndexOf(`sync ${basename(own)}`)).toBeGreaterThan(at('sync rows'));
    expect(named).toBeGreaterThan(calls.lastIndexOf(`sync ${basename(own)}`));
    expect(calls.lastIndexOf('sync segments')).toBeGreaterThan(named);
    await journal?.close();
  });
});

describe('a failed write', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL', true],
    ['EDQUOT', 'DISK_FULL', true],
    ['EACCES', 'OUTPUT_UNWRITABLE', false],
    ['EROFS', 'OUTPUT_UNWRITABLE', false],
  ])('with %s is %s', (errno, code, retryable) => {
    const cause = Object.assign(new Error(errno), { code: errno });
    expect(outputError('/results', cause)).toMatchObject({ code, retryable, cause });
  });
});
