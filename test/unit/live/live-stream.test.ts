import { beforeEach, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import type { EngineSettings } from '../../../src/core/ports.js';
import type { StreamSettings } from '../../../src/core/stream.js';
import { LiveStream } from '../../../src/live/live-stream.js';
import { NO_OBSERVER } from '../../../src/pipeline/statistics.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { FakeEngine, FakeNetwork, FakeSegmenter, FakeSource, Leases } from '../../support/fakes/fake-stages.js';
import { ManualClock, settle } from '../../support/fakes/manual-clock.js';

const SETTINGS: StreamSettings = { policy: { kind: 'every' }, smoothing: false, onDemand: false, classes: {} };

let clock: ManualClock;
let leases: Leases;
let segmenter: FakeSegmenter;
let network: FakeNetwork;
let sources: FakeSource[];
let engines: FakeEngine[];
let openedWith: EngineSettings[];

beforeEach(() => {
  clock = new ManualClock();
  leases = new Leases();
  segmenter = new FakeSegmenter(leases);
  network = new FakeNetwork(segmenter);
  sources = [];
  engines = [];
  openedWith = [];
});

function stream(settings: Partial<StreamSettings> = {}): LiveStream {
  return new LiveStream(
    {
      id: 'door',
      clock,
      logger: silentLogger,
      observer: NO_OBSERVER,
      openSource: () => {
        const source = new FakeSource();
        sources.push(source);
        return source;
      },
      openEngine: (settings) => {
        openedWith.push(settings);
        const engine = new FakeEngine(() => 'policy');
        engines.push(engine);
        return engine;
      },
    },
    { name: 'Door', network, settings: { ...SETTINGS, ...settings } },
  );
}

describe('a live stream', () => {
  it('has its engine inspect masks while anybody looks, also the engine of a new run', async () => {
    const door = stream();
    const first = door.inspect();
    const second = door.inspect();
    door.start();
    await settle();
    expect(openedWith).toMatchObject([{ inspect: true }]);
    first();
    first();
    expect(engines[0]?.calls.at(-1)).toBe('configure inspect');
    second();
    expect(engines[0]?.calls.at(-1)).toBe('configure');
    await door.close();
  });

  it('tells its engine which classes are wanted, by index, while it runs, and the next engine from the start', async () => {
    const door = stream();
    door.start();
    await settle();
    const wanted: unknown[] = [];
    const engine = engines[0] as FakeEngine;
    engine.configure = ({ classes }) => wanted.push(classes);
    await door.change({ settings: { ...SETTINGS, classes: { thing: 'off', elsewhere: 'off' } } });
    const rules = { off: [1], thresholds: [], background: 0 };
    expect([sources.length, wanted]).toEqual([1, [rules]]);
    await door.change({}, { anew: true });
    await settle();
    expect(openedWith.map(({ classes }) => classes)).toEqual([undefined, rules]);
    await door.close();
  });

  it('hands each segmented frame to all who listen, and keeps the newest for late joiners', async () => {
    const door = stream();
    const seen: number[] = [];
    door.subscribe((frame) => seen.push(frame.number));
    door.start();
    await settle();
    sources[0]?.push(leases.frame(0), leases.frame(1));
    await settle();
    expect(seen).toEqual([0, 1]);
    expect(door.latest?.number).toBe(1);
    await door.close();
  });

  it('shows the state of its source', async () => {
    const door = stream();
    const states: string[] = [];
    door.onStatus((status) => states.push(status.state));
    door.start();
    await settle();
    sources[0]?.setStatus({ state: 'live' });
    sources[0]?.setStatus({ state: 'stalled' });
    await door.stop();
    expect(states).toEqual(['connecting', 'live', 'stalled', 'stopped']);
  });

  it('tells when its newest frame came, also between changes of state', async () => {
    const door = stream();
    door.start();
    await settle();
    sources[0]?.setStatus({ state: 'live', lastFrameAt: undefined });
    sources[0]?.push(leases.frame(0), leases.frame(7));
    await settle();
    expect(door.status.lastFrameAt).toBe(7 * 40);
    await door.stop();
    expect(door.status.lastFrameAt).toBe(7 * 40);
  });

  it('stops at once, also while connecting, and starts again', async () => {
    const door = stream();
    door.start();
    await settle();
    await door.stop();
    expect(sources[0]?.closed).toBe(true);
    expect(engines[0]?.closed).toBe(true);
    door.start();
    await settle();
    expect(sources).toHaveLength(2);
    await door.close();
  });

  it('fails with the reason when no retry can help, and can be started again by a person', async () => {
    segmenter.immediate = false;
    const door = stream();
    door.start();
    await settle();
    sources[0]?.push(leases.frame(0));
    await settle();
    segmenter.requests[0]?.answer(new MaskcastError('INFERENCE_FAILED', 'no memory'));
    await settle();
    sources[0]?.push(leases.frame(1));
    await settle();
    expect(door.status).toMatchObject({ state: 'failed', reason: { code: 'INFERENCE_FAILED' } });
    expect(sources[0]?.closed).toBe(true);
    door.start();
    await settle();
    expect(sources).toHaveLength(2);
    await door.close();
  });

  it('takes itself up again after a lost engine', async () => {
    const door = stream();
    door.start();
    await settle();
    const engine = engines[0] as FakeEngine;
    engine.observe = () => Promise.reject(new MaskcastError('WORKER_LOST', 'gone', { retryable: true }));
    sources[0]?.push(leases.frame(0));
    await settle();
    expect(door.status).toMatchObject({ state: 'reconnecting', reason: { code: 'WORKER_LOST' } });
    expect(door.status.retryAt).toBeLessThanOrEqual(clock.wall() + 2000);
    await clock.advance(2000);
    expect(sources).toHaveLength(2);
    sources[1]?.push(leases.frame(0));
    await settle();
    expect(door.latest?.number).toBe(1);
    await door.close();
    expect([...leases.out]).toEqual([]);
  });

  it('takes up a new network with a new revision and shows no mask of the old one', async () => {
    const door = stream();
    door.start();
    await settle();
    sources[0]?.push(leases.frame(0));
    await settle();
    expect(door.latest?.number).toBe(0);
    sources[0]?.push(leases.frame(1));
    await door.change({ network: new FakeNetwork(new FakeSegmenter(leases, 'other')) });
    expect(door.model.name).toBe('other');
    expect(door.revision).toBe(1);
    expect(door.latest).toBeUndefined();
    await settle();
    expect(sources).toHaveLength(2);
    await door.close();
  });
});

describe('an on-demand stream', () => {
  it('runs from its first viewer on and idles ten seconds after its last has left', async () => {
    const door = stream({ onDemand: true });
    door.start();
    await settle();
    expect(sources).toHaveLength(0);
    const leave = door.subscribe(() => {});
    await settle();
    expect(sources).toHaveLength(1);
    leave();
    await clock.advance(9_999);
    expect(sources[0]?.closed).toBe(false);
    await clock.advance(1);
    expect(sources[0]?.closed).toBe(true);
    expect(door.status.state).toBe('idle');
  });

  it('goes on without a break when a viewer comes back in time', async () => {
    const door = stream({ onDemand: true });
    door.start();
    await settle();
    door.subscribe(() => {})();
    await clock.advance(5_000);
    door.subscribe(() => {});
    await clock.advance(60_000);
    expect(sources).toHaveLength(1);
    expect(sources[0]?.closed).toBe(false);
    await door.close();
  });

  it('stays off for viewers when a person has stopped it', async () => {
    const door = stream({ onDemand: true });
    await door.stop();
    door.subscribe(() => {});
    expect(sources).toHaveLength(0);
  });
});
