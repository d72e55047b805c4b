import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MaskStore } from '../../../src/viewer/state/mask-store.js';
import { ApiError } from '../../../src/viewer/transport/api.js';
import { settle } from '../../support/fakes/manual-clock.js';
import { MaskRequests, timesOf } from './masks.js';

let requests: MaskRequests;
let came: number[];
let store: MaskStore;

const make = (frames: number) => {
  store = new MaskStore('walk', timesOf(frames), (index) => came.push(index));
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  requests = new MaskRequests();
  came = [];
});
afterEach(() => {
  store.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the masks around the playhead', () => {
  it('are fetched four at a time, the one under it first, and kept each under its own place', async () => {
    make(100);
    store.aim(50, true);
    expect(requests.open).toEqual([50, 51, 52, 53]);
    await requests.answer(51);
    expect(requests.open).toEqual([50, 52, 53, 54]);
    await requests.answer(50);
    expect(came).toEqual([51, 50]);
    for (const index of [50, 51]) expect(store.get(index)).toMatchObject({ labels: Uint8Array.of(index) });
    expect(store.get(52)).toBeUndefined();
  });

  it('are given up where the playhead has gone elsewhere, and never shown under another place', async () => {
    make(1000);
    store.aim(10, false);
    store.aim(900, false);
    await settle();
    expect(requests.aborted).toEqual([10, 11, 9, 12]);
    expect(requests.open).toEqual([900, 901, 899, 902]);
    await requests.answer(900);
    expect([came, store.get(10)]).toEqual([[900], undefined]);
  });

  it('are counted from a place on up to the first that is missing; at the end no more are needed', async () => {
    make(8);
    store.aim(0, true);
    for (const index of [0, 1, 3]) await requests.answer(index);
    expect([store.ahead(0, 5), store.ahead(1, 1), store.ahead(2, 5), store.ahead(3, 5)]).toEqual([2, 1, 0, 1]);
    for (const index of [2, 4, 5, 6, 7]) await requests.answer(index);
    expect(store.ahead(6, 5)).toBe(5);
  });

  it('go again when they are many and far from it', async () => {
    make(400);
    for (let index = 0; index < 400; index++) {
      store.aim(index, true);
      for (const wanted of requests.open) await requests.answer(wanted);
    }
    store.aim(399, true);
    const kept = Array.from({ length: 400 }, (_, index) => index).filter((index) => store.get(index));
    expect(kept.length).toBe(192);
    expect(kept[0]).toBe(400 - 192);
  });
});

describe('a mask that can not be had', () => {
  it('is said to have failed, once, and not asked for again', async () => {
    make(1);
    store.aim(0, true);
    await requests.refuse(0, new ApiError('NOT_FOUND', 'there is none', 404));
    expect([store.get(0), came]).toEqual(['failed', [0]]);
    store.aim(0, false);
    expect(requests.open).toEqual([]);
  });

  it.each(['UNREACHABLE', 'RATE_LIMITED', 'UNAVAILABLE'])(
    'because of %s is asked for again after a moment, and nothing else meanwhile',
    async (code) => {
      make(100);
      store.aim(0, true);
      await requests.refuse(2, new ApiError(code, 'not now', 503));
      await requests.answer(0);
      expect(requests.open).toEqual([1, 3]);
      expect(store.get(2)).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1_500);
      expect(requests.open).toEqual([1, 3, 2, 4]);
    },
  );
});

it('asks for nothing and tells nothing once it is closed', async () => {
  make(100);
  store.aim(0, true);
  const late = requests.answer(0);
  store.close();
  await late;
  store.aim(50, true);
  await settle();
  expect(requests.open).toEqual([]);
  expect([came, store.get(0)]).toEqual([[], undefined]);
});
