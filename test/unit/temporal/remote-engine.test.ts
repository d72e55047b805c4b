import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { createTemporalWorkers } from '../../../src/temporal/remote-engine.js';
import { Leases } from '../../support/fakes/fake-stages.js';

interface Call {
  readonly method: string;
  readonly argument: { readonly engine: number; readonly discontinuity?: boolean };
}

const { links, MockLink } = vi.hoisted(() => {
  const links: MockLink[] = [];
  /** A worker thread whose death the test brings about. */
  class MockLink {
    readonly calls: Call[] = [];
    closed = false;
    private error: Error | undefined;
    private lost: (error: Error) => void = () => {};
    readonly name: string;

    constructor(_script: URL, { name }: { name: string }) {
      this.name = name;
      links.push(this);
    }

    async call(method: string, argument: Call['argument']): Promise<unknown> {
      if (this.error) throw this.error;
      this.calls.push({ method, argument });
      if (method === 'observe') return { infer: true, reason: 'policy', change: 0, gain: 1 };
      return method === 'apply' ? { origin: 'inferred', age: 0 } : undefined;
    }

    onLost(listener: (error: Error) => void): void {
      this.lost = listener;
    }

    die(error: Error): void {
      this.error = error;
      this.lost(error);
    }

    async close(): Promise<void> {
      this.closed = true;
    }
  }
  return { links, MockLink };
});
type MockLink = InstanceType<typeof MockLink>;
vi.mock('../../../src/flow/worker-link.js', () => ({ WorkerLink: MockLink }));

const SETTINGS = { policy: { kind: 'every' }, smoothing: true } as const;
const LOST = new MaskcastError('WORKER_LOST', 'gone', { retryable: true });
const load = { freeSlots: 1 };
let leases: Leases;

beforeEach(() => {
  links.length = 0;
  leases = new Leases();
});

const start = (count: number) => createTemporalWorkers({ count, logger: silentLogger });
const methods = (link: MockLink | undefined) => link?.calls.map(({ method }) => method);

async function see(engine: ReturnType<ReturnType<typeof start>['engine']>, number = 0): Promise<void> {
  const frame = leases.frame(number);
  await engine.observe(frame, load);
  frame.pixels.release();
}

describe('temporal workers', () => {
  it('give each engine to the thread that has the fewest, also after others were closed', async () => {
    const workers = start(2);
    const engines = [0, 1, 2, 3].map((n) => workers.engine(`s${n}`, SETTINGS));
    for (const engine of engines) await see(engine);
    const homes = () =>
      Object.fromEntries(
        links.map(({ name, calls }) => [name, [...new Set(calls.map(({ argument }) => argument.engine))]]),
      );
    expect(homes()).toEqual({ 'temporal-0': [0, 2], 'temporal-1': [1, 3] });
    await engines[1]?.close();
    await engines[1]?.close();
    await engines[3]?.close();
    for (const n of [4, 5]) await see(workers.engine(`s${n}`, SETTINGS));
    expect(homes()).toEqual({ 'temporal-0': [0, 2], 'temporal-1': [1, 3, 4, 5] });
    await workers.close();
    expect(links.every(({ closed }) => closed)).toBe(true);
  });

  it('that die cost what their engines knew: the frame is observed anew in another, as after a break', async () => {
    const workers = start(1);
    const engine = workers.engine('s', SETTINGS);
    await see(engine, 0);
    links[0]?.die(LOST);
    await see(engine, 1);
    expect(methods(links[1])).toEqual(['open', 'observe']);
    expect(links[1]?.calls[1]?.argument.discontinuity).toBe(true);
    expect(await engine.apply(0, leases.inference(0))).toMatchObject({
      origin: 'unknown',
      size: { width: 4, height: 2 },
    });
    expect(await engine.apply(1, leases.inference(1))).toMatchObject({ origin: 'inferred' });
    expect([...leases.out]).toEqual([]);
  });

  it('that die in a call lose that result and nothing else', async () => {
    const engine = start(1).engine('s', SETTINGS);
    await see(engine, 0);
    const link = links[0] as MockLink;
    link.call = () => Promise.reject(LOST);
    expect(await engine.apply(0, leases.inference(0))).toMatchObject({ origin: 'unknown' });
    await engine.late(0, leases.inference(1));
    link.call = () => Promise.reject(new MaskcastError('INTERNAL', 'a bug'));
    await expect(engine.late(0, leases.inference(2))).rejects.toMatchObject({ code: 'INTERNAL' });
    expect([...leases.out]).toEqual([]);
  });

  it('get new settings, and open with the newest', async () => {
    const engine = start(1).engine('s', SETTINGS);
    engine.configure({ ...SETTINGS, smoothing: false });
    await see(engine);
    expect(links[0]?.calls[0]).toMatchObject({ method: 'open', argument: { settings: { smoothing: false } } });
    engine.configure(SETTINGS);
    expect(links[0]?.calls.at(-1)).toMatchObject({ method: 'configure', argument: { settings: SETTINGS } });
  });

  it('refuse what comes after the end, and give it back', async () => {
    const workers = start(1);
    const [first, second] = [workers.engine('a', SETTINGS), workers.engine('b', SETTINGS)];
    await first.close();
    await expect(first.apply(0, leases.inference(0))).rejects.toMatchObject({ code: 'CLOSED' });
    await workers.close();
    const frame = leases.frame(0);
    await expect(second.observe(frame, load)).rejects.toMatchObject({ code: 'CLOSED' });
    frame.pixels.release();
    expect([...leases.out]).toEqual([]);
    expect(() => start(0)).toThrow(/from 1; received 0/);
  });
});
