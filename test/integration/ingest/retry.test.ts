import { expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { openSource } from '../../../src/ingest/open.js';
import { parseSource } from '../../../src/media/address/source.js';
import { ManualClock } from '../../support/fakes/manual-clock.js';
import { live, Watcher } from '../../support/ingest.js';

/** Real processes that fail at once; time is turned by hand. */
function setUp(source: string) {
  const clock = new ManualClock();
  const retry = { initial: ms(1000), cap: ms(5000), auth: ms(300_000), random: () => 1 };
  const opened = openSource(parseSource(source), live({ clock, retry }));
  const watcher = new Watcher(opened);
  const delay = async () => {
    await watcher.until('the next retry', () => watcher.status.retryAt !== undefined);
    return (watcher.status.retryAt ?? 0) - clock.wall();
  };
  return { clock, opened, watcher, delay };
}

it('a source that stays away is tried with growing delays up to the cap, for ever, and never counts as lost', async () => {
  const { clock, opened, watcher, delay } = setUp('rtsp://127.0.0.1:1/live');
  const delays: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    const next = await delay();
    delays.push(next);
    await clock.advance(next - 1);
    expect(watcher.status.retryAt).toBeDefined();
    await clock.advance(1);
    expect(watcher.status.retryAt).toBeUndefined();
  }
  expect(delays).toEqual([1000, 2000, 4000, 5000, 5000, 5000]);
  expect(watcher.status).toMatchObject({ state: 'reconnecting', losses: 0, reason: { code: 'CONNECTION_FAILED' } });
  await opened.close();
});

it('a source that is closed while it waits for its retry leaves no timer, and is never tried again', async () => {
  const { clock, opened, watcher, delay } = setUp('rtsp://127.0.0.1:1/live');
  await delay();
  await opened.close();
  expect(clock.pending).toBe(0);
  await clock.advance(1_000_000);
  expect(watcher.states).toEqual(['connecting', 'reconnecting', 'stopped']);
  expect(watcher.status).toMatchObject({ reason: undefined, retryAt: undefined });
});

it('a status listener that fails hurts neither the source nor the other listeners', async () => {
  const { opened, watcher, delay } = setUp('rtsp://127.0.0.1:1/live');
  opened.onStatus(() => {
    throw new Error('a bug elsewhere');
  });
  const states: string[] = [];
  const forget = opened.onStatus((status) => states.push(status.state));
  await delay();
  forget();
  await opened.close();
  expect(states).toEqual(['reconnecting']);
  expect(watcher.states).toContain('stopped');
});

it('a listener may close the source, whatever it is told', async () => {
  const { clock, opened, watcher } = setUp('rtsp://127.0.0.1:1/live');
  let closed: Promise<void> | undefined;
  opened.onStatus(({ state }) => {
    if (state === 'reconnecting') closed ??= opened.close();
  });
  await watcher.state('stopped');
  await closed;
  expect(clock.pending).toBe(0);
});
