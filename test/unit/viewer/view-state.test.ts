import { describe, expect, it } from 'vitest';
import type { ErrorRecord } from '../../../src/core/errors.js';
import type { StreamState, StreamStatus } from '../../../src/core/stream.js';
import { epochMs } from '../../../src/core/time.js';
import { SILENCE_MS, type ViewFacts, viewState } from '../../../src/viewer/lib/view-state.js';

const NOW = 1_700_000_100_000;
/** The server's clock is a minute ahead of the page's. */
const OFFSET = 60_000;

const status = (state: StreamState, change: Partial<StreamStatus> = {}): StreamStatus => ({
  state,
  since: epochMs(NOW + OFFSET - 20_000),
  reason: undefined,
  retryAt: undefined,
  lastFrameAt: epochMs(NOW + OFFSET - 12_000),
  losses: 0,
  ...change,
});

const facts = (change: Partial<ViewFacts> = {}): ViewFacts => ({
  link: { kind: 'open' },
  lastMessageAt: NOW - 300,
  clockOffset: OFFSET,
  status: status('live'),
  paintedAt: NOW - 40,
  expectingSince: NOW - 60_000,
  frameInterval: 40,
  latency: 80,
  paused: false,
  ...change,
});

const error = (code: ErrorRecord['code'], message: string): ErrorRecord => ({ code, message, retryable: true });
const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');

describe('what the page says of a stream', () => {
  it('is "live" only while new pictures appear', () => {
    expect(viewState(facts(), NOW)).toMatchObject({ key: 'live', tone: 'live', stale: false });
  });

  it('veils a picture that stands still though everybody says live', () => {
    const view = viewState(facts({ paintedAt: NOW - 7000 }), NOW);
    expect(view).toMatchObject({ key: 'no-picture', stale: true });
    expect(plain(view.detail)).toBe('The camera is live, but no picture has come for 7 s.');
  });

  it('waits longer for cameras that are slow by nature', () => {
    expect(viewState(facts({ paintedAt: NOW - 7000, frameInterval: 4000 }), NOW).key).toBe('live');
  });

  it('does not blame the camera for the time that the page was hidden or paused', () => {
    expect(viewState(facts({ paintedAt: NOW - 600_000, expectingSince: NOW - 500 }), NOW).key).toBe('live');
  });

  it('notices a connection that died without closing', () => {
    const view = viewState(facts({ lastMessageAt: NOW - SILENCE_MS, paintedAt: NOW - SILENCE_MS }), NOW);
    expect(view).toMatchObject({ key: 'silent', tone: 'bad', stale: true });
  });

  it('says how far behind a picture is that is shown late', () => {
    const view = viewState(facts({ latency: 8200 }), NOW);
    expect(view).toMatchObject({ key: 'behind', stale: false });
    expect(plain(view.detail)).toBe('This picture is 8 s old.');
  });

  it('tells a stalled camera and for how long, on its own clock', () => {
    const view = viewState(facts({ status: status('stalled') }), NOW);
    expect(view).toMatchObject({ key: 'stalled', tone: 'warn', stale: true });
    expect(plain(view.detail)).toBe('The camera has sent nothing for 12 s.');
  });

  it('tells why it reconnects and when it tries next', () => {
    const lost = status('reconnecting', {
      reason: error('AUTH_FAILED', 'the camera refused user and password'),
      retryAt: epochMs(NOW + OFFSET + 8_400),
    });
    expect(viewState(facts({ status: lost }), NOW)).toMatchObject({
      key: 'reconnecting',
      detail: 'The camera refused user and password.',
      code: 'AUTH_FAILED',
      retryIn: 9,
      stale: true,
    });
  });

  it.each([
    ['idle', 'off'],
    ['connecting', 'busy'],
    ['stopped', 'off'],
    ['failed', 'bad'],
  ] as const)('veils the old picture of a stream that is %s', (state, tone) => {
    expect(viewState(facts({ status: status(state) }), NOW)).toMatchObject({ tone, stale: true });
  });

  it('puts a lost server before anything the stream last said', () => {
    const link = {
      kind: 'waiting',
      reason: error('CONNECTION_FAILED', 'close code 1006'),
      retryAt: NOW + 2000,
    } as const;
    expect(viewState(facts({ link }), NOW)).toMatchObject({
      key: 'server-lost',
      detail: 'The server does not answer.',
      retryIn: 2,
      stale: true,
      code: undefined,
    });
  });

  it('knows a stream that was removed from one that cannot be reached', () => {
    const link = {
      kind: 'waiting',
      reason: error('NOT_FOUND', 'there is no such stream'),
      retryAt: undefined,
    } as const;
    expect(viewState(facts({ link }), NOW)).toMatchObject({ key: 'removed', stale: true });
  });

  it('says that this device has no network', () => {
    expect(viewState(facts({ link: { kind: 'no-network' } }), NOW)).toMatchObject({ key: 'no-network', stale: true });
  });

  it('keeps a paused picture clear, for the person wanted it to stand still', () => {
    expect(viewState(facts({ paused: true, paintedAt: NOW - 60_000 }), NOW)).toMatchObject({
      key: 'paused',
      stale: false,
    });
  });

  it('tells trouble behind a paused picture all the same', () => {
    expect(viewState(facts({ paused: true, status: status('stalled') }), NOW).key).toBe('stalled');
  });

  it('starts without calling anything live', () => {
    const start = facts({ status: undefined, paintedAt: undefined, latency: undefined, expectingSince: NOW - 100 });
    expect(viewState({ ...start, link: { kind: 'connecting' } }, NOW).key).toBe('connecting');
    expect(viewState(start, NOW).key).toBe('connecting');
    expect(viewState({ ...start, status: status('live') }, NOW).key).toBe('waking');
  });
});
