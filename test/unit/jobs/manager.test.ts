import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import type { JobState } from '../../../src/delivery/http/jobs-schema.js';
import { JobManager } from '../../../src/jobs/manager.js';
import type { RunOrder } from '../../../src/jobs/runner.js';
import { JobStore } from '../../../src/jobs/store.js';
import type { ProcessReport } from '../../../src/recorded/process-job.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { ManualClock } from '../../support/fakes/manual-clock.js';
import { jobRecordOf } from '../../support/job-records.js';
import { temporaryFolder } from '../../support/jobs.js';

const REPORT: ProcessReport = { frames: 3, inferred: 3, resumed: 0, segments: 1, lost: 0, corrupt: 0, warnings: [] };

interface StartedRun {
  readonly order: RunOrder;
  finish(report?: Partial<ProcessReport>): Promise<void>;
  fail(error: MaskcastError): void;
}

/** A manager over a real store and runs that the test ends by hand. */
async function managed({ concurrency = 1, folder }: { concurrency?: number; folder?: string } = {}) {
  const own = folder ?? (await temporaryFolder('manager'));
  const clock = new ManualClock();
  const runs: StartedRun[] = [];
  const store = new JobStore(own, silentLogger);
  const manager = new JobManager({
    store,
    concurrency,
    clock,
    logger: silentLogger,
    locate: async () => '/videos/walk.mp4',
    runner: {
      run: (order) =>
        new Promise((resolve, reject) => {
          const stopped = () => reject(new MaskcastError('CLOSED', 'stopped'));
          order.stop.addEventListener('abort', stopped);
          runs.push({
            order,
            fail: reject,
            async finish(report) {
              await mkdir(order.target, { recursive: true });
              await writeFile(join(order.target, 'table.csv'), 'frame\n0\n');
              resolve({ ...REPORT, ...report });
            },
          });
        }),
    },
  });
  onTestFinished(async () => {
    await manager.close();
    await rm(own, { recursive: true, force: true });
  });
  const events: string[] = [];
  manager.watch((event) => events.push(event.kind === 'ended' ? 'ended' : `${event.kind} ${event.id}`));
  await manager.start();
  let turn = 0;
  return {
    ...{ manager, store, clock, runs, events, folder: own },
    add: async (id: string) => {
      turn += 1;
      await manager.add(jobRecordOf({ id, created: turn }));
      return id;
    },
    states: () => Object.fromEntries(manager.list().map(({ id, state }) => [id, state])),
    until: (id: string, state: JobState) => expect.poll(() => manager.get(id).state, { interval: 5 }).toBe(state),
    kept: async (id: string) => JSON.parse(await readFile(join(own, id, 'job.json'), 'utf8')) as { state: JobState },
  };
}

/** As a run leaves it whose first segment is committed. */
async function leaveSegment(target: string, frames: number): Promise<void> {
  const segment = join(`${target}.work`, 'segments', '000000000');
  await mkdir(segment, { recursive: true });
  await writeFile(join(segment, 'segment.json'), JSON.stringify({ firstFrame: 0, frames, firstTicks: 0 }));
}

describe('jobs', () => {
  it('run one after the other, first come first served', async () => {
    const { manager, add, runs, states, until } = await managed();
    for (const id of ['a', 'b', 'c']) await add(id);
    expect(states()).toEqual({ a: 'running', b: 'queued', c: 'queued' });
    expect(manager.list().map(({ id, position }) => [id, position])).toEqual([
      ['c', 1],
      ['b', 0],
      ['a', undefined],
    ]);
    await runs[0]?.finish();
    await until('b', 'running');
    expect(states()).toEqual({ a: 'done', b: 'running', c: 'queued' });
    expect(manager.get('a')).toMatchObject({ progress: { frames: 3 }, files: [{ path: 'table.csv', bytes: 8 }] });
  });

  it('run side by side where there are places', async () => {
    const { add, states } = await managed({ concurrency: 2 });
    for (const id of ['a', 'b', 'c']) await add(id);
    expect(states()).toEqual({ a: 'running', b: 'running', c: 'queued' });
  });

  it('keep their segments and their place when they are paused', async () => {
    const { manager, add, runs, states, until } = await managed();
    for (const id of ['a', 'b', 'c']) await add(id);
    await leaveSegment(runs[0]?.order.target as string, 250);
    expect(await manager.control('a', 'pause')).toMatchObject({ state: 'paused', progress: { frames: 250 } });
    await until('b', 'running');
    expect(await manager.control('a', 'resume')).toMatchObject({ state: 'queued', position: 0 });
    await runs[1]?.finish();
    await until('a', 'running');
    expect(states()).toMatchObject({ b: 'done', c: 'queued' });
  });

  it('keep nothing but their record when they are cancelled', async () => {
    const { manager, add, runs, kept } = await managed();
    await add('a');
    const target = runs[0]?.order.target as string;
    await leaveSegment(target, 250);
    expect(await manager.control('a', 'cancel')).toMatchObject({ state: 'cancelled', progress: { frames: 0 } });
    await expect(stat(`${target}.work`)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await kept('a')).toMatchObject({ state: 'cancelled' });
  });

  it('that failed are tried again behind those who wait', async () => {
    const { manager, add, runs, until } = await managed();
    for (const id of ['a', 'b']) await add(id);
    const target = runs[0]?.order.target as string;
    await leaveSegment(target, 250);
    runs[0]?.fail(new MaskcastError('FFMPEG_FAILED', `${target}/overlay.mp4 of /videos/walk.mp4: no`));
    await until('b', 'running');
    expect(manager.get('a').error).toEqual({
      code: 'FFMPEG_FAILED',
      message: 'the results/overlay.mp4 of recordings/walk.mp4: no',
      retryable: false,
    });
    expect(await manager.control('a', 'retry')).toMatchObject({ state: 'queued', progress: { frames: 0 } });
    await expect(stat(`${target}.work`)).rejects.toMatchObject({ code: 'ENOENT' });
    await runs[1]?.finish();
    await until('a', 'running');
    expect(manager.get('a').error).toBeUndefined();
  });

  it('go on with what they have after a full disk', async () => {
    const { manager, add, runs, until } = await managed();
    await add('a');
    await leaveSegment(runs[0]?.order.target as string, 250);
    runs[0]?.fail(new MaskcastError('DISK_FULL', 'full', { retryable: true }));
    await until('a', 'failed');
    await manager.control('a', 'retry');
    expect((await stat(`${runs[0]?.order.target}.work`)).isDirectory()).toBe(true);
    expect(manager.get('a').progress.frames).toBe(250);
  });

  it('refuse what their state does not allow', async () => {
    const { manager, add } = await managed();
    await add('a');
    await expect(manager.control('a', 'resume')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(manager.control('none', 'pause')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are told what people want one after the other', async () => {
    const { manager, add } = await managed();
    await add('a');
    const wishes = await Promise.allSettled([
      manager.control('a', 'pause'),
      manager.control('a', 'cancel'),
      manager.remove('a'),
    ]);
    expect(wishes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    await expect(manager.control('a', 'retry')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are gone from list and disk when they are removed while they run', async () => {
    const { manager, add, runs, events, folder } = await managed();
    await add('a');
    await manager.remove('a');
    expect(runs[0]?.order.stop.aborted).toBe(true);
    expect(manager.list()).toEqual([]);
    expect(events.at(-1)).toBe('removed a');
    await expect(stat(join(folder, 'a'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('go on after a restart, those that ran first', async () => {
    const before = await managed();
    for (const id of ['a', 'b']) await before.add(id);
    await before.manager.close();
    expect(before.events.at(-1)).toBe('ended');
    expect(await before.kept('a')).toMatchObject({ state: 'running' });
    const { states, runs } = await managed({ folder: before.folder });
    expect(states()).toEqual({ a: 'running', b: 'queued' });
    expect(runs.map(({ order }) => order.target)).toEqual([join(before.folder, 'a', 'results')]);
  });

  it('leave nothing half-written when the server stops in their first moment', async () => {
    const { manager, store, add, kept } = await managed();
    let free = () => {};
    const disk = new Promise<void>((resolve) => {
      free = resolve;
    });
    const save = store.save.bind(store);
    vi.spyOn(store, 'save').mockImplementation(async (record) => {
      if (record.state === 'running') await disk;
      return save(record);
    });
    await add('a');
    const closed = vi.fn();
    const closing = manager.close().then(closed);
    await setImmediate();
    expect(closed).not.toHaveBeenCalled();
    free();
    await closing;
    expect(await kept('a')).toMatchObject({ state: 'running' });
  });

  it('are shown where their record is damaged, and can only be removed', async () => {
    const before = await managed();
    for (const id of ['a', 'c']) await before.add(id);
    await before.manager.close();
    const damaged = join(before.folder, 'b', 'job.json');
    await mkdir(join(before.folder, 'b'));
    await writeFile(damaged, '{"version": 1,');
    // Another's record is not this job's.
    await copyFile(join(before.folder, 'a', 'job.json'), join(before.folder, 'c', 'job.json'));
    await mkdir(join(before.folder, 'd'));
    const { manager, states, events } = await managed({ folder: before.folder });
    expect(states()).toEqual({ a: 'running', b: 'failed', c: 'failed' });
    expect(manager.hasDamaged).toBe(true);
    expect(manager.get('b').error).toMatchObject({
      code: 'RECORD_DAMAGED',
      message: expect.stringMatching(/is damaged/),
    });
    expect(await readFile(damaged, 'utf8')).toBe('{"version": 1,');
    await expect(manager.control('b', 'retry')).rejects.toMatchObject({ code: 'RECORD_DAMAGED' });
    expect(() => manager.record('b')).toThrow(/can be removed, nothing else/);
    await manager.remove('b');
    expect(states()).toEqual({ a: 'running', c: 'failed' });
    expect(events.at(-1)).toBe('removed b');
    await expect(stat(damaged)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  /** From now on, no record that says `state` reaches the disk. */
  const refuseToSave = (store: JobStore, state: JobState) => {
    const save = store.save.bind(store);
    vi.spyOn(store, 'save').mockImplementation(async (record) => {
      if (record.state === state) throw new MaskcastError('DISK_FULL', `the disk that holds ${record.id} is full`);
      return save(record);
    });
  };

  it.each<['pause' | 'cancel', JobState]>([
    ['cancel', 'cancelled'],
    ['pause', 'paused'],
  ])('go on where the wish to %s them cannot be kept, and say so', async (wish, state) => {
    const { manager, store, add, runs, states, kept, until } = await managed();
    for (const id of ['a', 'b']) await add(id);
    refuseToSave(store, state);
    await expect(manager.control('a', wish)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(runs[0]?.order.stop.aborted).toBe(true);
    await until('a', 'running');
    expect(runs).toHaveLength(2);
    expect(await kept('a')).toMatchObject({ state: 'running' });
    await expect(manager.control('b', wish)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(states()).toEqual({ a: 'running', b: 'queued' });
  });

  it('are there as before where they cannot be removed', async () => {
    const { manager, store, add, runs, states, until } = await managed();
    for (const id of ['a', 'b']) await add(id);
    vi.spyOn(store, 'remove').mockRejectedValue(new MaskcastError('OUTPUT_UNWRITABLE', 'read-only'));
    for (const id of ['a', 'b']) {
      await expect(manager.remove(id)).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    }
    await until('a', 'running');
    expect(states()).toEqual({ a: 'running', b: 'queued' });
    expect(runs).toHaveLength(2);
  });

  it('are removed though the disk has no place for their state', async () => {
    const { manager, store, add, folder } = await managed();
    await add('a');
    vi.spyOn(store, 'save').mockRejectedValue(new MaskcastError('DISK_FULL', 'full'));
    await manager.remove('a');
    await expect(stat(join(folder, 'a'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('lose at the next start what a cancelled one could not be freed of', async () => {
    const before = await managed();
    await before.add('a');
    await before.manager.control('a', 'cancel');
    await before.manager.close();
    const results = before.store.results('a');
    await leaveSegment(results, 250);
    const { states } = await managed({ folder: before.folder });
    expect(states()).toEqual({ a: 'cancelled' });
    await expect(stat(`${results}.work`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('report progress four times a second at most, and the last of it', async () => {
    const { manager, add, runs, clock, events } = await managed();
    await add('a');
    const before = events.length;
    for (let frames = 1; frames <= 100; frames++) {
      runs[0]?.order.onProgress({ frames, resumed: 0, expected: 200, position: frames / 25 });
      await clock.advance(10);
    }
    const { progress } = manager.get('a');
    expect(progress).toMatchObject({ frames: 100, expected: 200 });
    expect(progress.fps).toBeCloseTo(99);
    expect(progress.speed).toBeCloseTo(3.96);
    expect(progress.secondsLeft).toBeCloseTo(1.01);
    await clock.advance(250);
    expect(events.length - before).toBeGreaterThanOrEqual(4);
    expect(events.length - before).toBeLessThanOrEqual(6);
    await clock.advance(1000);
    expect(manager.get('a').progress.fps).toBeCloseTo(44);
  });

  it('that have been over for too long are removed', async () => {
    const { manager, add, runs, clock, until, states } = await managed();
    for (const id of ['a', 'b']) await add(id);
    await runs[0]?.finish();
    await until('b', 'running');
    await clock.advance(1000);
    await manager.removeOlder(clock.wall() - 2000);
    expect(states()).toMatchObject({ a: 'done' });
    await manager.removeOlder(clock.wall() - 500);
    expect(states()).toEqual({ b: 'running' });
  });
});
