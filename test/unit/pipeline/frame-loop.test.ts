import { beforeEach, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import type { Frame } from '../../../src/core/frame.js';
import type { Observation, SegmentedFrame } from '../../../src/core/ports.js';
import { runFrameLoop } from '../../../src/pipeline/frame-loop.js';
import { NO_OBSERVER, StreamMeter } from '../../../src/pipeline/statistics.js';
import { FakeEngine, FakeSegmenter, FakeSource, Leases } from '../../support/fakes/fake-stages.js';
import { ManualClock, settle } from '../../support/fakes/manual-clock.js';

let leases: Leases;
let source: FakeSource;
let segmenter: FakeSegmenter;
let emitted: SegmentedFrame[];
let meter: StreamMeter;

beforeEach(() => {
  leases = new Leases();
  source = new FakeSource();
  segmenter = new FakeSegmenter(leases);
  emitted = [];
  meter = new StreamMeter('s', new ManualClock(), NO_OBSERVER);
});

function loop(wants: (frame: number) => Observation['reason'], results: 'own-frame' | 'forward' = 'own-frame') {
  const engine = new FakeEngine(wants);
  const done = runFrameLoop({
    stream: 's',
    source,
    segmenter,
    engine,
    meter,
    results: () => results,
    emit: (frame) => emitted.push(frame),
  });
  return { engine, done };
}

const numbers = () => emitted.map((frame) => frame.number);

describe('the frame loop', () => {
  it('goes on after a lost worker, and ends with a run that never does', async () => {
    segmenter.immediate = false;
    const { done } = loop(() => 'policy');
    source.push(leases.frame(0), leases.frame(1));
    await settle();
    segmenter.requests[0]?.answer(new MaskcastError('WORKER_LOST', 'gone', { retryable: true }));
    await settle();
    expect(numbers()).toEqual([0]);
    segmenter.requests[1]?.answer(new MaskcastError('TIMEOUT', 'never ends', { retryable: true }));
    source.end();
    await expect(done).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect([...leases.out]).toEqual([]);
  });

  it('emits every frame once, in order, with the mask of its own number', async () => {
    const { engine, done } = loop((n) => (n % 3 === 0 ? 'policy' : 'skip'));
    source.push(...[0, 1, 2, 3, 4].map((n) => leases.frame(n)));
    source.end();
    await done;
    expect(numbers()).toEqual([0, 1, 2, 3, 4]);
    expect(engine.calls.filter((call) => call.startsWith('apply'))).toEqual([
      'apply 0 inferred',
      'apply 1',
      'apply 2',
      'apply 3 inferred',
      'apply 4',
    ]);
  });

  it('starts the network on the next frame before the last one has its result', async () => {
    segmenter.immediate = false;
    const { done } = loop(() => 'policy');
    source.push(...[0, 1, 2, 3, 4, 5].map((n) => leases.frame(n)));
    source.end();
    await settle();
    expect(segmenter.requests.map(({ frame }) => frame)).toEqual([0, 1, 2]);
    for (let n = 0; n < 6; n++) {
      segmenter.requests[n]?.answer(leases.inference(n));
      await settle();
    }
    await done;
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('does not hold a live frame for the network: the late result is moved forward', async () => {
    segmenter.immediate = false;
    const { engine, done } = loop((n) => (n === 0 ? 'start' : n === 1 ? 'change' : 'skip'), 'forward');
    source.push(...[0, 1, 2].map((n) => leases.frame(n)));
    await settle();
    expect(numbers()).toEqual([]);
    segmenter.requests[0]?.answer(leases.inference(0));
    await settle();
    expect(numbers()).toEqual([0, 1, 2]);
    segmenter.requests[1]?.answer(leases.inference(1));
    source.end();
    await done;
    expect(engine.calls.at(-1)).toBe('late 1');
  });

  it('offers no free slot while a late result is under way: at most one more is asked for', async () => {
    segmenter.immediate = false;
    const { engine, done } = loop((n) => (n === 0 ? 'start' : 'policy'), 'forward');
    const offered: number[] = [];
    const observe = engine.observe.bind(engine);
    engine.observe = (frame: Frame, load?: { readonly freeSlots: number }) => {
      offered.push(load?.freeSlots ?? -1);
      return observe(frame);
    };
    source.push(leases.frame(0));
    await settle();
    segmenter.requests[0]?.answer(leases.inference(0));
    source.push(leases.frame(1));
    await settle();
    source.push(leases.frame(2));
    await settle();
    for (const request of segmenter.requests.slice(1)) request.answer(leases.inference(request.frame));
    await settle();
    source.push(leases.frame(3));
    await settle();
    expect(offered).toEqual([1, 1, 0, 1]);
    for (const request of segmenter.requests.slice(3)) request.answer(leases.inference(request.frame));
    source.end();
    await done;
    expect([...leases.out]).toEqual([]);
  });

  it('counts a result that a newer frame replaced', async () => {
    segmenter.immediate = false;
    const { done } = loop((n) => (n === 0 ? 'skip' : 'change'), 'forward');
    source.push(leases.frame(0), leases.frame(1));
    await settle();
    segmenter.requests[0]?.answer(undefined);
    source.end();
    await done;
    expect(snapshot().drops['inference-busy']).toBe(1);
  });

  it('goes on without the result of a worker that died', async () => {
    segmenter.immediate = false;
    const { engine, done } = loop(() => 'policy');
    source.push(leases.frame(0), leases.frame(1));
    source.end();
    await settle();
    segmenter.requests[0]?.answer(new MaskcastError('WORKER_LOST', 'gone', { retryable: true }));
    segmenter.requests[1]?.answer(leases.inference(1));
    await done;
    expect(engine.calls).toContain('apply 0');
    expect(engine.calls).toContain('apply 1 inferred');
    expect(snapshot().drops['inference-failed']).toBe(1);
  });

  it('ends with the error of a network that can not run', async () => {
    segmenter.immediate = false;
    const { done } = loop(() => 'policy');
    source.push(...[0, 1, 2, 3].map((n) => leases.frame(n)));
    await settle();
    for (const { answer } of segmenter.requests) answer(new MaskcastError('INFERENCE_FAILED', 'no memory'));
    source.push(leases.frame(4));
    await expect(done).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    expect([...leases.out]).toEqual([]);
  });

  it('counts the frames that never reached it', async () => {
    const { done } = loop(() => 'skip');
    source.push(leases.frame(0), leases.frame(4));
    source.end();
    await done;
    expect(snapshot().drops['pipeline-busy']).toBe(3);
  });

  it('lets go of every frame and every result', async () => {
    const { done } = loop((n) => (n % 2 === 0 ? 'policy' : 'skip'), 'forward');
    source.push(...[0, 1, 2, 3, 4, 5].map((n) => leases.frame(n)));
    source.end();
    await done;
    expect([...leases.out]).toEqual([]);
  });
});

function snapshot() {
  return meter.snapshot({ queued: 0, inFlight: 0, policy: 'every', smoothing: false, model: 'fake', viewers: 0 });
}
