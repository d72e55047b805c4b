import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal, workState } from '../../../../src/record/run/journal.js';

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-journal-'));
  target = join(folder, 'walk');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = async (onExisting: 'fail' | 'replace' | 'resume', settings: object = { a: 1 }): Promise<Journal> => {
  const journal = await Journal.open(target, settings, onExisting);
  if (!journal) throw new Error('the work is finished');
  return journal;
};

async function addSegment(journal: Journal, firstFrame: number, frames = 10): Promise<void> {
  const own = await journal.begin(firstFrame);
  await mkdir(join(own, 'table'));
  await writeFile(join(own, 'table', 'rows'), 'x'.repeat(frames));
  await journal.commit(
    { folder: own, firstFrame, frames, firstTicks: firstFrame * 512 },
    { ticks: 1, pixels: 'p', step: 512 },
  );
}

const segmentNames = () => readdir(join(`${target}.work`, 'segments'));

describe('a journal', () => {
  it('gives a resume the segments that were committed, with what they took', async () => {
    const before = await opened('fail');
    await addSegment(before, 0);
    await addSegment(before, 10, 7);
    await before.begin(17);
    await before.close();
    const after = await opened('resume');
    expect(after.segments).toMatchObject([
      { firstFrame: 0, frames: 10, firstTicks: 0, bytes: { table: 10 }, end: { ticks: 1, pixels: 'p' } },
      { firstFrame: 10, frames: 7, firstTicks: 5120, bytes: { table: 7 } },
    ]);
    expect(after.frames).toBe(17);
    expect(await segmentNames()).toEqual(['000000000', '000000010']);
    await after.close();
  });

  it('makes again what lies behind a gap', async () => {
    const before = await opened('fail');
    for (const first of [0, 10, 20]) await addSegment(before, first);
    await before.close();
    await rm(join(`${target}.work`, 'segments', '000000010'), { recursive: true });
    const after = await opened('resume');
    expect(after.frames).toBe(10);
    expect(await segmentNames()).toEqual(['000000000']);
    await addSegment(after, 10);
    expect(after.frames).toBe(20);
    await after.close();
  });

  it.each(['', '{', 'null', '{"firstFrame":10}'])('makes again what lies behind facts that read %j', async (facts) => {
    const before = await opened('fail');
    for (const first of [0, 10, 20]) await addSegment(before, first);
    await before.close();
    await writeFile(join(`${target}.work`, 'segments', '000000010', 'segment.json'), facts);
    const after = await opened('resume');
    expect(after.frames).toBe(10);
    await after.close();
  });

  it('writes each run under names of its own, so that what outlives a killed run disturbs nothing', async () => {
    const one = await opened('fail');
    const first = await one.begin(0);
    await one.close();
    const two = await opened('fail');
    expect(await two.begin(0)).not.toBe(first);
    await two.close();
  });

  it('is for one process at a time', async () => {
    const journal = await opened('fail');
    await addSegment(journal, 0);
    await expect(Journal.open(target, { a: 1 }, 'resume')).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
    await journal.close();
    const next = await opened('resume');
    await next.close();
  });

  it('is free where the process that held it has died', async () => {
    const journal = await opened('fail');
    await addSegment(journal, 0);
    await journal.close();
    // Process ids come again: this one lives, but began at another time.
    const dead = { pid: process.ppid, started: 'another boot 1', token: 't' };
    await writeFile(join(`${target}.work`, 'lock'), JSON.stringify(dead));
    const next = await opened('resume');
    expect(next.frames).toBe(10);
    await next.close();
  });

  it('refuses to go on with other settings, and leaves the work alone', async () => {
    const journal = await opened('fail', { policy: 'every' });
    await addSegment(journal, 0);
    await journal.close();
    await expect(Journal.open(target, { policy: 'adaptive' }, 'resume')).rejects.toMatchObject({ code: 'USAGE' });
    expect(await segmentNames()).toEqual(['000000000']);
    expect(await workState(target)).toBe('begun');
  });

  it('leaves nothing behind where nothing was committed', async () => {
    const journal = await opened('fail');
    await journal.begin(0);
    await journal.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces results only when the new ones are whole', async () => {
    await mkdir(target);
    await writeFile(join(target, 'old'), '');
    await expect(Journal.open(target, {}, 'fail')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    const journal = await opened('replace');
    await addSegment(journal, 0);
    await writeFile(join(await journal.result(), 'new'), '');
    expect(await readdir(target)).toEqual(['old']);
    await journal.finish();
    await journal.close();
    expect(await readdir(target)).toEqual(['new']);
    expect(await readdir(folder)).toEqual(['walk']);
    expect(await Journal.open(target, {}, 'resume')).toBeUndefined();
  });
});
