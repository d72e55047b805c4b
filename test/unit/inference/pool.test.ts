import { beforeEach, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import type { Inference } from '../../../src/core/ports.js';
import type { InferencePool } from '../../../src/inference/pool.js';
import { settle } from '../../support/fakes/manual-clock.js';
import { testFrame } from '../../support/media/frames.js';
import { frame, ScriptedPool, size } from '../../support/scripted-pool.js';

const live = { newestOnly: true };
const lossless = { newestOnly: false };

let scripted: ScriptedPool;
let pool: InferencePool;
beforeEach(() => {
  scripted = new ScriptedPool();
});

describe('a pool of sessions', () => {
  it('serves live frames before those of jobs, and counts a worker that a job has as one that live frames get next', async () => {
    pool = await scripted.start(1);
    const job = (number: number) => pool.segment('job', frame(number), { newestOnly: false, background: true });
    const results = [job(1), job(2)];
    await settle();
    expect([scripted.running(0), pool.freeSlots]).toEqual([1, 1]);
    results.push(pool.segment('cam', frame(3), lossless));
    expect(pool.freeSlots).toBe(0);
    await scripted.finish(0);
    expect(scripted.running(0)).toBe(3);
    await scripted.finish(0);
    expect(scripted.running(0)).toBe(2);
    await scripted.finish(0);
    for (const inference of await Promise.all(results)) inference?.release();
  });

  it('runs as many frames at once as it has workers', async () => {
    pool = await scripted.start(2);
    expect(pool.freeSlots).toBe(2);
    const results = [1, 2, 3].map((number) => pool.segment('cam', frame(number), lossless));
    await settle();
    expect([scripted.running(0), scripted.running(1)]).toEqual([1, 2]);
    expect(pool.freeSlots).toBe(0);
    expect(pool.inFlight('cam')).toBe(3);
    expect(pool.health()).toMatchObject({ busy: 2, waiting: 1, ready: 2 });
    await scripted.finish(1);
    expect(scripted.running(1)).toBe(3);
    await scripted.finish(0);
    await scripted.finish(1);
    for (const result of await Promise.all(results)) result?.release();
    expect(pool.inFlight('cam')).toBe(0);
    expect(pool.health()).toMatchObject({ runs: 3, busy: 0, leased: 0, times: { prepare: 3, network: 30, finish: 6 } });
  });

  it('lends scores of the content and takes them back', async () => {
    pool = await scripted.start(1);
    const content = { width: 12, height: 8 };
    const result = pool.segment('cam', testFrame({ analysis: size, content }), lossless);
    await settle();
    await scripted.finish(0);
    const { scores, runTime, release } = (await result) as Inference;
    expect(scores).toMatchObject({ classes: 2, size: { width: 3, height: 2 } });
    expect(scores.data).toHaveLength(12);
    expect(scores.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(runTime).toBe(10);
    expect(pool.health().leased).toBe(1);
    release();
    expect(pool.health().leased).toBe(0);
    expect(release).toThrow(/released once too often/);
  });

  it('holds pixels as long as it needs them', async () => {
    pool = await scripted.start(1);
    const [first, second] = [frame(1), frame(2)];
    const results = [pool.segment('a', first, lossless), pool.segment('b', second, lossless)];
    await settle();
    expect([first.readers(), second.readers()]).toEqual([2, 2]);
    await scripted.finish(0);
    expect([first.readers(), second.readers()]).toEqual([1, 2]);
    await scripted.finish(0);
    expect([first.readers(), second.readers()]).toEqual([1, 1]);
    await Promise.all(results);
  });

  it('serves streams in turn', async () => {
    pool = await scripted.start(1);
    const order: string[] = [];
    const ask = (stream: string, number: number) =>
      pool.segment(stream, frame(number), lossless).then((result) => {
        order.push(`${stream}${number}`);
        result?.release();
      });
    const results = [ask('a', 1), ask('a', 2), ask('a', 3), ask('b', 1), ask('c', 1)];
    for (let turn = 0; turn < 5; turn += 1) {
      await settle();
      await scripted.finish(0);
    }
    await Promise.all(results);
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3']);
  });

  it('replaces a waiting frame by a newer one of the same stream', async () => {
    pool = await scripted.start(1);
    const old = frame(2);
    const first = pool.segment('a', frame(1), live);
    const replaced = pool.segment('a', old, live);
    const other = pool.segment('b', frame(9), live);
    const newest = pool.segment('a', frame(3), live);
    expect(await replaced).toBeUndefined();
    expect(old.readers()).toBe(1);
    await settle();
    await scripted.finish(0);
    expect(scripted.running(0)).toBe(3);
    await scripted.finish(0);
    expect(scripted.running(0)).toBe(9);
    await scripted.finish(0);
    for (const result of await Promise.all([first, newest, other])) expect(result).toBeDefined();
    expect(pool.health().replaced).toBe(1);
  });

  it('keeps every frame of a stream that wants all', async () => {
    pool = await scripted.start(1);
    const results = [1, 2, 3].map((number) => pool.segment('file', frame(number), lossless));
    for (let turn = 0; turn < 3; turn += 1) {
      await settle();
      await scripted.finish(0);
    }
    expect((await Promise.all(results)).every((result) => result !== undefined)).toBe(true);
  });

  it('refuses a plane that the network can not take', async () => {
    pool = await scripted.start(1);
    const odd = testFrame({ analysis: { width: 10, height: 8 } });
    await expect(pool.segment('cam', odd, lossless)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(odd.readers()).toBe(1);
  });
});

describe('a run that fails', () => {
  it('fails its call only, and gives everything back', async () => {
    pool = await scripted.start(1);
    const bad = frame(1);
    const result = pool.segment('cam', bad, lossless);
    const next = pool.segment('cam', frame(2), lossless);
    await settle();
    scripted.session(0).runs[0]?.fail(new MaskcastError('INFERENCE_FAILED', 'shapes differ'));
    await expect(result).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    await settle();
    expect(bad.readers()).toBe(1);
    await scripted.finish(0);
    expect(await next).toBeDefined();
    expect(pool.health()).toMatchObject({ failures: 1, runs: 1, leased: 1 });
  });
});

describe('starting a pool', () => {
  it('fails with the reason of the first worker that can not, and leaves nothing behind', async () => {
    scripted.refusals = [new MaskcastError('MANIFEST_MISMATCH', 'input "image" has type float32; expected uint8')];
    pool = scripted.make(2);
    await expect(pool.start()).rejects.toMatchObject({ code: 'MANIFEST_MISMATCH' });
    expect(scripted.sessions.map(({ closed }) => closed)).toEqual([true, true]);
    expect(scripted.clock.pending).toBe(0);
  });
});

describe('closing a pool', () => {
  it('rejects what runs and what waits, and lets the run end before the thread', async () => {
    pool = await scripted.start(1);
    const frames = [frame(1), frame(2)];
    const results = frames.map((item) => pool.segment('cam', item, lossless));
    const rejected = results.map((result) => expect(result).rejects.toMatchObject({ code: 'CLOSED' }));
    await settle();
    const closing = pool.close();
    await Promise.all(rejected);
    await settle();
    expect(scripted.session(0).closed).toBe(false);
    await scripted.finish(0);
    await closing;
    expect(scripted.session(0)).toMatchObject({ released: true, closed: true });
    expect(frames.map((item) => item.readers())).toEqual([1, 1]);
    expect(pool.health().leased).toBe(0);
  });

  it('may be asked for twice, and refuses new frames', async () => {
    pool = await scripted.start(1);
    await Promise.all([pool.close(), pool.close()]);
    await expect(pool.segment('cam', frame(1), live)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('while a restart has just begun leaves no worker behind', async () => {
    pool = await scripted.start(1);
    scripted.session(0).die();
    const restarting = scripted.clock.advance(200);
    await pool.close();
    await restarting;
    expect(scripted.sessions.every(({ closed }) => closed)).toBe(true);
  });

  it('cancels restarts', async () => {
    pool = await scripted.start(1);
    scripted.session(0).die();
    await pool.close();
    await scripted.clock.advance(60_000);
    expect(scripted.sessions).toHaveLength(1);
  });
});
