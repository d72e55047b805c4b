import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MaskcastError } from '../../src/core/errors.js';
import { type Connection, connect } from '../../src/delivery/wire/client.js';
import type { FakeEngine } from '../support/fakes/fake-stages.js';
import { settle } from '../support/fakes/manual-clock.js';
import { startLive } from '../support/live-server.js';

/** Viewers stay across every restart of a stream: stream, hub, socket and client together. */

type Live = Awaited<ReturnType<typeof startLive>>;

const lose = (live: Live, error: MaskcastError) => {
  (live.engines.at(-1) as FakeEngine).observe = () => Promise.reject(error);
  live.give();
};

const RESTARTS: Record<string, (live: Live, viewer: Connection) => Promise<unknown>> = {
  'another address': ({ streams }) =>
    streams.change('door', { source: { url: 'rtsp://192.0.2.2/b', transport: 'tcp' } }),
  'another network': ({ streams }) => streams.change('door', { model: 'other' }),
  'a stop and a start': async ({ streams }) => {
    await streams.change('door', { enabled: false });
    await streams.change('door', { enabled: true });
  },
  'a start before the stop is over': ({ streams }) =>
    Promise.all([streams.change('door', { enabled: false }), streams.change('door', { enabled: true })]),
  'a lost worker': async (live) => {
    lose(live, new MaskcastError('WORKER_LOST', 'gone', { retryable: true }));
    await settle();
    await live.clock.advance(2000);
  },
  'a failure and a start by hand': async (live) => {
    lose(live, new MaskcastError('INTERNAL', 'no retry can help'));
    await expect.poll(() => live.streams.get('door', 'admin').status.state).toBe('failed');
    await live.streams.change('door', { enabled: false });
    await live.streams.change('door', { enabled: true });
  },
  'a failure and another address': async (live) => {
    lose(live, new MaskcastError('INTERNAL', 'no retry can help'));
    await expect.poll(() => live.streams.get('door', 'admin').status.state).toBe('failed');
    await live.streams.change('door', { source: { url: 'rtsp://192.0.2.2/b', transport: 'tcp' } });
  },
  'idleness while the viewer was paused': async (live, viewer) => {
    await live.streams.change('door', { settings: { onDemand: true } });
    viewer.pause();
    await expect.poll(() => live.streams.get('door', 'admin').viewers).toBe(0);
    await live.clock.advance(10_000);
    expect(live.streams.get('door', 'admin').status.state).toBe('idle');
    viewer.resume();
    await expect.poll(() => live.streams.get('door', 'admin').viewers).toBe(1);
  },
};

describe('a viewer that stays connected', () => {
  it.each(Object.entries(RESTARTS))('sees the next picture after %s, under a higher number', async (_, restart) => {
    const live = await startLive();
    await live.streams.add({
      id: 'door',
      name: 'Door',
      source: { url: 'rtsp://192.0.2.1/a', transport: 'tcp' },
      settings: {},
    });
    const viewer = connect({ url: live.url, stream: 'door', WebSocket });
    const states: string[] = [];
    viewer.on('connection', ({ state }) => states.push(state));
    const seen: number[] = [];
    viewer.onFrame(({ number }) => {
      seen.push(number);
    });
    await expect.poll(() => live.streams.get('door', 'admin').viewers).toBe(1);
    for (let count = 1; count <= 4; count++) {
      live.give();
      await expect.poll(() => seen.length).toBe(count);
    }
    const sources = live.sources.length;
    await restart(live, viewer);
    await expect.poll(() => live.sources.length).toBeGreaterThan(sources);
    const before = seen.length;
    live.give();
    await expect.poll(() => seen.length).toBeGreaterThan(before);
    live.give();
    await expect.poll(() => seen.length).toBeGreaterThan(before + 1);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(states).toEqual(['open']);
    viewer.close();
  });
});
