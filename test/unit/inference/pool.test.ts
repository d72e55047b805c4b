import { beforeEach, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import type { Inference } from '../../../src/core/ports.js';
import { ms } from '../../../src/core/time.js';
import { parseManifest } from '../../../src/inference/manifest.js';
import { InferencePool } from '../../../src/inference/pool.js';
import type { RunRequest } from '../../../src/inference/session-protocol.js';
import type { SessionLink } from '../../../src/inference/session-slot.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { ManualClock, settle } from '../../support/fakes/manual-clock.js';
import { type TestFrame, testFrame } from '../../support/media/frames.js';

/** A session worker whose answers the test gives. */
class ScriptedSession {
  /** Runs under way: at most one, or the pool is wrong. */
  readonly runs: { readonly first: number; readonly finish: () => void; readonly fail: (error: Error) => void }[] = [];
  released = false;
  closed = false;
  /** Where the pool has given the thread up: lets it end after all. */
  vanish: (() => void) | undefined;
  private lost: ((error: MaskcastError) => void) | undefined;
  private rejectRun: ((error: Error) => void) | undefined;

  constructor(private readonly openError: MaskcastError | undefined) {}

  readonly link = {
    call: (method: string, argument: unknown) => {
      if (method === 'open') return this.openError ? Promise.reject(this.openError) : Promise.resolve(times);
      if (method === 'run') return this.run(argument as RunRequest);
      this.released = true;
      return Promise.resolve();
    },
    onLost: (listener: (error: MaskcastError) => void) => {
      this.lost = listener;
      return () => {};
    },
    close: async () => {
      await settle();
      this.closed = true;
    },
    abandon: (reason: MaskcastError) => {
      this.rejectRun?.(reason);
      return new Promise<void>((resolve) => {
        this.vanish = resolve;
      });
    },
  } as unknown as SessionLink;

  die(): void {
    const error = new MaskcastError('WORKER_LOST', 'the worker died', { retryable: true });
    this.rejectRun?.(error);
    this.lost?.(error);
  }

  private run(request: RunRequest) {
    expect(this.runs).toHaveLength(0);
    return new Promise((resolve, reject) => {
      this.rejectRun = reject;
      this.runs.push({
        // The first byte of a plane is its frame's number: see `frame`.
        first: new Uint8Array(request.pixels)[0] as number,
        finish: () => {
          this.runs.pop();
          resolve(times);
        },
        fail: (error) => {
          this.runs.pop();
          reject(error);
        },
      });
    });
  }
}

const QUICK = { prepare: ms(1), network: ms(10), finish: ms(2) };
let times = QUICK;

const manifest = parseManifest(
  {
    name: 'scripted',
    task: 'semantic-segmentation',
    sha256: '0'.repeat(64),
    input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic', multipleOf: 8 } },
    output: { tensor: 'logits', kind: 'logits', stride: 4 },
    classes: [
      { id: 0, name: 'other', color: [0, 0, 0] },
      { id: 1, name: 'person', color: [220, 20, 60] },
    ],
    licence: 'none',
    data: 'none',
  },
  'test',
);

const size = { width: 16, height: 8 };
const frame = (number: number): TestFrame => testFrame({ number, analysis: size, color: () => [number, 0, 0] });
const live = { newestOnly: true };
const lossless = { newestOnly: false };

let clock: ManualClock;
let sessions: ScriptedSession[];
/** Errors that the next sessions refuse to open with. */
let refusals: MaskcastError[];
let pool: InferencePool;

const makePool = (workers: number) =>
  new InferencePool({
    manifest,
    longestSide: undefined,
    finestStride: 4,
    workers,
    slot: (index) => ({
      name: `test-${index}`,
      spawn: () => {
        const session = new ScriptedSession(refusals.shift());
        sessions.push(session);
        return session.link;
      },
      open: { manifest, probe: size, finestStride: 4 },
      clock,
      logger: silentLogger,
    }),
  });

const started = async (workers: number) => {
  pool = makePool(workers);
  await pool.start();
};

const session = (index: number): ScriptedSession => sessions[index] as ScriptedSession;
const running = (index: number): number | undefined => session(index).runs[0]?.first;
const finish = async (index: number) => {
  session(index).runs[0]?.finish();
  await settle();
};

beforeEach(() => {
  times = QUICK;
  clock = new ManualClock();
  sessions = [];
  refusals = [];
});

describe('a pool of sessions', () => {
  it('serves live frames before those of jobs, and counts a worker that a job has as one that live frames get next', async () => {
    await started(1);
    const job = (number: number) => pool.segment('job', frame(number), { newestOnly: false, background: true });
    const results = [job(1), job(2)];
    await settle();
    expect([running(0), pool.freeSlots]).toEqual([1, 1]);
    results.push(pool.segment('cam', frame(3), lossless));
    expect(pool.freeSlots).toBe(0);
    await finish(0);
    expect(running(0)).toBe(3);
    await finish(0);
    expect(running(0)).toBe(2);
    await finish(0);
    for (const inference of await Promise.all(results)) inference?.release();
  });

  it('runs as many frames at once as it has workers', async () => {
    await started(2);
    expect(pool.freeSlots).toBe(2);
    const results = [1, 2, 3].map((number) => pool.segment('cam', frame(number), lossless));
    await settle();
    expect([running(0), running(1)]).toEqual([1, 2]);
    expect(pool.freeSlots).toBe(0);
    expect(pool.inFlight('cam')).toBe(3);
    expect(pool.health()).toMatchObject({ busy: 2, waiting: 1, ready: 2 });
    await finish(1);
    expect(running(1)).toBe(3);
    await finish(0);
    await finish(1);
    for (const result of await Promise.all(results)) result?.release();
    expect(pool.inFlight('cam')).toBe(0);
    expect(pool.health()).toMatchObject({ runs: 3, busy: 0, leased: 0, times: { prepare: 3, network: 30, finish: 6 } });
  });

  it('lends scores of the content and takes them back', async () => {
    await started(1);
    const content = { width: 12, height: 8 };
    const result = pool.segment('cam', testFrame({ analysis: size, content }), lossless);
    await settle();
    await finish(0);
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
    await started(1);
    const [first, second] = [frame(1), frame(2)];
    const results = [pool.segment('a', first, lossless), pool.segment('b', second, lossless)];
    await settle();
    expect([first.readers(), second.readers()]).toEqual([2, 2]);
    await finish(0);
    expect([first.readers(), second.readers()]).toEqual([1, 2]);
    await finish(0);
    expect([first.readers(), second.readers()]).toEqual([1, 1]);
    await Promise.all(results);
  });

  it('serves streams in turn', async () => {
    await started(1);
    const order: string[] = [];
    const ask = (stream: string, number: number) =>
      pool.segment(stream, frame(number), lossless).then((result) => {
        order.push(`${stream}${number}`);
        result?.release();
      });
    const results = [ask('a', 1), ask('a', 2), ask('a', 3), ask('b', 1), ask('c', 1)];
    for (let turn = 0; turn < 5; turn += 1) {
      await settle();
      await finish(0);
    }
    await Promise.all(results);
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3']);
  });

  it('replaces a waiting frame by a newer one of the same stream', async () => {
    await started(1);
    const old = frame(2);
    const first = pool.segment('a', frame(1), live);
    const replaced = pool.segment('a', old, live);
    const other = pool.segment('b', frame(9), live);
    const newest = pool.segment('a', frame(3), live);
    expect(await replaced).toBeUndefined();
    expect(old.readers()).toBe(1);
    await settle();
    await finish(0);
    expect(running(0)).toBe(3);
    await finish(0);
    expect(running(0)).toBe(9);
    await finish(0);
    for (const result of await Promise.all([first, newest, other])) expect(result).toBeDefined();
    expect(pool.health().replaced).toBe(1);
  });

  it('keeps every frame of a stream that wants all', async () => {
    await started(1);
    const results = [1, 2, 3].map((number) => pool.segment('file', frame(number), lossless));
    for (let turn = 0; turn < 3; turn += 1) {
      await settle();
      await finish(0);
    }
    expect((await Promise.all(results)).every((result) => result !== undefined)).toBe(true);
  });

  it('refuses a plane that the network can not take', async () => {
    await started(1);
    const odd = testFrame({ analysis: { width: 10, height: 8 } });
    await expect(pool.segment('cam', odd, lossless)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(odd.readers()).toBe(1);
  });
});

describe('a run that fails', () => {
  it('fails its call only, and gives everything back', async () => {
    await started(1);
    const bad = frame(1);
    const result = pool.segment('cam', bad, lossless);
    const next = pool.segment('cam', frame(2), lossless);
    await settle();
    session(0).runs[0]?.fail(new MaskcastError('INFERENCE_FAILED', 'shapes differ'));
    await expect(result).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    await settle();
    expect(bad.readers()).toBe(1);
    await finish(0);
    expect(await next).toBeDefined();
    expect(pool.health()).toMatchObject({ failures: 1, runs: 1, leased: 1 });
  });
});

describe('a worker that dies', () => {
  it('costs the call that it was busy with, and is replaced after a while', async () => {
    await started(1);
    const lost = pool.segment('cam', frame(1), lossless);
    const waits = pool.segment('cam', frame(2), lossless);
    await settle();
    session(0).die();
    await expect(lost).rejects.toMatchObject({ code: 'WORKER_LOST', retryable: true });
    expect(pool.freeSlots).toBe(0);
    expect(pool.health()).toMatchObject({ ready: 0, restarts: 1, leased: 0 });
    await clock.advance(99);
    expect(sessions).toHaveLength(1);
    await clock.advance(101);
    expect(sessions).toHaveLength(2);
    expect(session(0).closed).toBe(true);
    expect(running(1)).toBe(2);
    await finish(1);
    expect(await waits).toBeDefined();
  });

  it('leaves the others at work', async () => {
    await started(2);
    const lost = pool.segment('a', frame(1), lossless);
    const kept = pool.segment('b', frame(2), lossless);
    const waits = pool.segment('c', frame(3), lossless);
    await settle();
    session(0).die();
    await expect(lost).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await finish(1);
    await finish(1);
    expect(await kept).toBeDefined();
    expect(await waits).toBeDefined();
  });

  it('while idle is replaced too', async () => {
    await started(1);
    session(0).die();
    expect(pool.freeSlots).toBe(0);
    await clock.advance(200);
    expect(pool.freeSlots).toBe(1);
  });

  it('is tried again, ever more slowly, when its successor does not start', async () => {
    await started(1);
    refusals = [1, 2, 3].map(() => new MaskcastError('MODEL_INVALID', 'the file is gone'));
    const waits = pool.segment('cam', frame(1), lossless);
    const waitsToo = pool.segment('cam', frame(2), lossless);
    const gone = expect(waitsToo).rejects.toMatchObject({
      code: 'WORKER_LOST',
      retryable: true,
      message: 'no inference worker is left: the file is gone',
    });
    await settle();
    session(0).die();
    await expect(waits).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await clock.advance(200);
    await gone;
    await clock.advance(5_000);
    expect(sessions).toHaveLength(5);
    expect(pool.freeSlots).toBe(1);
    expect(pool.health().restarts).toBe(4);
  });
});

describe('a run that never ends', () => {
  const hung = { code: 'TIMEOUT', retryable: true };

  it('fails after its deadline, and no other thread is started while its own still runs', async () => {
    await started(1);
    const bad = frame(1);
    const lost = pool.segment('cam', bad, lossless);
    const waits = pool.segment('other', frame(2), lossless);
    const both = [lost, waits].map((result) => expect(result).rejects.toMatchObject(hung));
    await settle();
    await clock.advance(19_999);
    expect(pool.health()).toMatchObject({ ready: 1, busy: 1 });
    await clock.advance(1);
    await Promise.all(both);
    expect(bad.readers()).toBe(1);
    expect(pool.health()).toMatchObject({ ready: 0, leased: 0 });
    await expect(pool.segment('cam', frame(3), lossless)).rejects.toMatchObject(hung);
    await clock.advance(600_000);
    expect(sessions).toHaveLength(1);
  });

  it('leaves the other workers at work', async () => {
    await started(2);
    const lost = pool.segment('a', frame(1), lossless);
    const kept = pool.segment('b', frame(2), lossless);
    await settle();
    await finish(1);
    const failed = expect(lost).rejects.toMatchObject(hung);
    await clock.advance(20_000);
    await failed;
    const next = pool.segment('a', frame(3), lossless);
    await settle();
    await finish(1);
    for (const result of await Promise.all([kept, next])) expect(result).toBeDefined();
    expect(pool.health()).toMatchObject({ workers: 2, ready: 1 });
  });

  it('that ends after all costs a restart', async () => {
    await started(1);
    const lost = expect(pool.segment('cam', frame(1), lossless)).rejects.toMatchObject(hung);
    await clock.advance(20_000);
    await lost;
    session(0).vanish?.();
    await settle();
    await clock.advance(200);
    const next = pool.segment('cam', frame(2), lossless);
    await settle();
    await finish(1);
    expect(await next).toBeDefined();
  });

  it('holds up no closing', async () => {
    await started(1);
    const lost = expect(pool.segment('cam', frame(1), lossless)).rejects.toMatchObject({ code: 'CLOSED' });
    await settle();
    const closing = pool.close();
    await lost;
    await clock.advance(5000);
    await closing;
    expect(session(0).vanish).toBeDefined();
  });

  it('is waited for longer where the network is slow', async () => {
    times = { ...times, network: ms(12_000) };
    await started(1);
    const slow = pool.segment('cam', frame(1), lossless);
    await clock.advance(59_000);
    await finish(0);
    expect(await slow).toBeDefined();
  });
});

describe('starting a pool', () => {
  it('fails with the reason of the first worker that can not, and leaves nothing behind', async () => {
    refusals = [new MaskcastError('MANIFEST_MISMATCH', 'input "image" has type float32; expected uint8')];
    pool = makePool(2);
    await expect(pool.start()).rejects.toMatchObject({ code: 'MANIFEST_MISMATCH' });
    expect(sessions.map(({ closed }) => closed)).toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });
});

describe('closing a pool', () => {
  it('rejects what runs and what waits, and lets the run end before the thread', async () => {
    await started(1);
    const frames = [frame(1), frame(2)];
    const results = frames.map((item) => pool.segment('cam', item, lossless));
    const rejected = results.map((result) => expect(result).rejects.toMatchObject({ code: 'CLOSED' }));
    await settle();
    const closing = pool.close();
    await Promise.all(rejected);
    await settle();
    expect(session(0).closed).toBe(false);
    await finish(0);
    await closing;
    expect(session(0)).toMatchObject({ released: true, closed: true });
    expect(frames.map((item) => item.readers())).toEqual([1, 1]);
    expect(pool.health().leased).toBe(0);
  });

  it('may be asked for twice, and refuses new frames', async () => {
    await started(1);
    await Promise.all([pool.close(), pool.close()]);
    await expect(pool.segment('cam', frame(1), live)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('while a restart has just begun leaves no worker behind', async () => {
    await started(1);
    session(0).die();
    const restarting = clock.advance(200);
    await pool.close();
    await restarting;
    expect(sessions.every(({ closed }) => closed)).toBe(true);
  });

  it('cancels restarts', async () => {
    await started(1);
    session(0).die();
    await pool.close();
    await clock.advance(60_000);
    expect(sessions).toHaveLength(1);
  });
});
