import { beforeEach, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import { ms } from '../../../src/core/time.js';
import type { InferencePool } from '../../../src/inference/pool.js';
import { settle } from '../../support/fakes/manual-clock.js';
import { frame, ScriptedPool } from '../../support/scripted-pool.js';

const lossless = { newestOnly: false };

let scripted: ScriptedPool;
let pool: InferencePool;
beforeEach(() => {
  scripted = new ScriptedPool();
});

describe('a worker that dies', () => {
  it('costs the call that it was busy with, and is replaced after a while', async () => {
    pool = await scripted.start(1);
    const lost = pool.segment('cam', frame(1), lossless);
    const waits = pool.segment('cam', frame(2), lossless);
    await settle();
    scripted.session(0).die();
    await expect(lost).rejects.toMatchObject({ code: 'WORKER_LOST', retryable: true });
    expect(pool.freeSlots).toBe(0);
    expect(pool.health()).toMatchObject({ ready: 0, restarts: 1, leased: 0 });
    await scripted.clock.advance(99);
    expect(scripted.sessions).toHaveLength(1);
    await scripted.clock.advance(101);
    expect(scripted.sessions).toHaveLength(2);
    expect(scripted.session(0).closed).toBe(true);
    expect(scripted.running(1)).toBe(2);
    await scripted.finish(1);
    expect(await waits).toBeDefined();
  });

  it('leaves the others at work', async () => {
    pool = await scripted.start(2);
    const lost = pool.segment('a', frame(1), lossless);
    const kept = pool.segment('b', frame(2), lossless);
    const waits = pool.segment('c', frame(3), lossless);
    await settle();
    scripted.session(0).die();
    await expect(lost).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await scripted.finish(1);
    await scripted.finish(1);
    expect(await kept).toBeDefined();
    expect(await waits).toBeDefined();
  });

  it('while idle is replaced too', async () => {
    pool = await scripted.start(1);
    scripted.session(0).die();
    expect(pool.freeSlots).toBe(0);
    await scripted.clock.advance(200);
    expect(pool.freeSlots).toBe(1);
  });

  it('is tried again, ever more slowly, when its successor does not start', async () => {
    pool = await scripted.start(1);
    scripted.refusals = [1, 2, 3].map(() => new MaskcastError('MODEL_INVALID', 'the file is gone'));
    const waits = pool.segment('cam', frame(1), lossless);
    const waitsToo = pool.segment('cam', frame(2), lossless);
    const gone = expect(waitsToo).rejects.toMatchObject({
      code: 'WORKER_LOST',
      retryable: true,
      message: 'no inference worker is left: the file is gone',
    });
    await settle();
    scripted.session(0).die();
    await expect(waits).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await scripted.clock.advance(200);
    await gone;
    await scripted.clock.advance(5_000);
    expect(scripted.sessions).toHaveLength(5);
    expect(pool.freeSlots).toBe(1);
    expect(pool.health().restarts).toBe(4);
  });
});

describe('a run that never ends', () => {
  const hung = { code: 'TIMEOUT', retryable: true };

  it('fails after its deadline, and no other thread is started while its own still runs', async () => {
    pool = await scripted.start(1);
    const bad = frame(1);
    const lost = pool.segment('cam', bad, lossless);
    const waits = pool.segment('other', frame(2), lossless);
    const both = [lost, waits].map((result) => expect(result).rejects.toMatchObject(hung));
    await settle();
    await scripted.clock.advance(19_999);
    expect(pool.health()).toMatchObject({ ready: 1, busy: 1 });
    await scripted.clock.advance(1);
    await Promise.all(both);
    expect(bad.readers()).toBe(1);
    expect(pool.health()).toMatchObject({ ready: 0, leased: 0 });
    await expect(pool.segment('cam', frame(3), lossless)).rejects.toMatchObject(hung);
    await scripted.clock.advance(600_000);
    expect(scripted.sessions).toHaveLength(1);
  });

  it('leaves the other workers at work', async () => {
    pool = await scripted.start(2);
    const lost = pool.segment('a', frame(1), lossless);
    const kept = pool.segment('b', frame(2), lossless);
    await settle();
    await scripted.finish(1);
    const failed = expect(lost).rejects.toMatchObject(hung);
    await scripted.clock.advance(20_000);
    await failed;
    const next = pool.segment('a', frame(3), lossless);
    await settle();
    await scripted.finish(1);
    for (const result of await Promise.all([kept, next])) expect(result).toBeDefined();
    expect(pool.health()).toMatchObject({ workers: 2, ready: 1 });
  });

  it('that ends after all costs a restart', async () => {
    pool = await scripted.start(1);
    const lost = expect(pool.segment('cam', frame(1), lossless)).rejects.toMatchObject(hung);
    await scripted.clock.advance(20_000);
    await lost;
    scripted.session(0).vanish?.();
    await settle();
    await scripted.clock.advance(200);
    const next = pool.segment('cam', frame(2), lossless);
    await settle();
    await scripted.finish(1);
    expect(await next).toBeDefined();
  });

  it('holds up no closing', async () => {
    pool = await scripted.start(1);
    const lost = expect(pool.segment('cam', frame(1), lossless)).rejects.toMatchObject({ code: 'CLOSED' });
    await settle();
    const closing = pool.close();
    await lost;
    await scripted.clock.advance(5000);
    await closing;
    expect(scripted.session(0).vanish).toBeDefined();
  });

  it('is waited for longer where the network is slow', async () => {
    scripted.times = { ...scripted.times, network: ms(12_000) };
    pool = await scripted.start(1);
    const slow = pool.segment('cam', frame(1), lossless);
    await scripted.clock.advance(59_000);
    await scripted.finish(0);
    expect(await slow).toBeDefined();
  });
});
