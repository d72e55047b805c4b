import type { ErrorRecord } from '../../core/errors.js';
import type { StreamStatus } from '../../core/stream.js';
import { formatElapsed, secondsUntil } from './format.js';
import { sentence } from './words.js';

/**
 * In: what is known of the way to the server, of the stream behind it and of the picture on screen.
 * Out: the one thing to tell a person.
 * Always: a picture that is older than it seems is veiled; `live` is said only while new pictures really appear.
 */

/** The connection to the server. Instants in ms since the epoch, on this machine's clock. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** `retryAt` is absent where only a person can help. */
  | { readonly kind: 'waiting'; readonly reason: ErrorRecord; readonly retryAt: number | undefined }
  /** This device says that it has no network. */
  | { readonly kind: 'no-network' }
  | { readonly kind: 'closed' };

export type Tone = 'live' | 'busy' | 'warn' | 'bad' | 'off';

export interface ViewState {
  readonly key:
    | 'live'
    | 'behind'
    | 'paused'
    | 'connecting'
    | 'waking'
    | 'idle'
    | 'stalled'
    | 'reconnecting'
    | 'stopped'
    | 'failed'
    | 'no-picture'
    | 'silent'
    | 'server-lost'
    | 'removed'
    | 'no-network';
  readonly tone: Tone;
  /** One or two words, for the badge. */
  readonly label: string;
  /** A sentence for the veil; absent where nothing needs to be said. */
  readonly detail: string | undefined;
  /** Whether the picture on screen, if there is one, must not pass for a live one. */
  readonly stale: boolean;
  /** Whole seconds until the next attempt. */
  readonly retryIn: number | undefined;
  /** The stable code of the camera's error behind it. */
  readonly code: string | undefined;
}

export interface ViewFacts {
  readonly link: LinkState;
  /** Arrival of the newest message of any kind since the link opened. */
  readonly lastMessageAt: number | undefined;
  /** The server's clock less this machine's. */
  readonly clockOffset: number;
  /** On the server's clock. */
  readonly status: StreamStatus | undefined;
  /** When a new picture was last painted. */
  readonly paintedAt: number | undefined;
  /** Since when pictures may be expected: the later of going live, resuming and connecting. */
  readonly expectingSince: number;
  /** Usual time between pictures. */
  readonly frameInterval: number;
  /** Age that the newest picture had when it was painted. */
  readonly latency: number | undefined;
  readonly paused: boolean;
}

/** The server speaks at least once a second; silence this long means that the connection is dead without saying so. */
export const SILENCE_MS = 4_000;
const NO_PICTURE_MS = 5_000;
const BEHIND_MS = 3_000;

export function viewState(facts: ViewFacts, now: number): ViewState {
  const trouble = linkTrouble(facts, now) ?? streamTrouble(facts, now);
  if (facts.paused && (trouble === undefined || trouble.tone === 'busy')) {
    return { ...CALM, key: 'paused', tone: 'off', label: 'Paused' };
  }
  return trouble ?? pictureTrouble(facts, now) ?? { ...CALM, key: 'live', tone: 'live', label: 'Live' };
}

const CALM = { detail: undefined, stale: false, retryIn: undefined, code: undefined } as const;
const STALE = { ...CALM, stale: true } as const;

function linkTrouble(facts: ViewFacts, now: number): ViewState | undefined {
  const { link } = facts;
  switch (link.kind) {
    case 'no-network':
      return { ...STALE, key: 'no-network', tone: 'bad', label: 'Offline', detail: 'This device has no network.' };
    case 'waiting':
      if (link.retryAt === undefined && link.reason.code === 'NOT_FOUND') {
        return {
          ...STALE,
          key: 'removed',
          tone: 'off',
          label: 'Removed',
          detail: 'This stream is not there any more.',
        };
      }
      return {
        ...STALE,
        key: 'server-lost',
        tone: 'bad',
        label: 'Disconnected',
        detail:
          link.reason.code === 'CONNECTION_FAILED' ? 'The server does not answer.' : sentence(link.reason.message),
        retryIn: link.retryAt === undefined ? undefined : secondsUntil(link.retryAt, now),
      };
    case 'connecting':
    case 'closed':
      return { ...STALE, key: 'connecting', tone: 'busy', label: 'Connecting', detail: 'Connecting to the server.' };
    case 'open':
      if (facts.lastMessageAt !== undefined && now - facts.lastMessageAt >= SILENCE_MS) {
        const silence = formatElapsed(now - facts.lastMessageAt);
        return {
          ...STALE,
          key: 'silent',
          tone: 'bad',
          label: 'No answer',
          detail: `The server has said nothing for ${silence}.`,
        };
      }
      return undefined;
  }
}

function streamTrouble(facts: ViewFacts, now: number): ViewState | undefined {
  const { status } = facts;
  if (!status) {
    return { ...STALE, key: 'connecting', tone: 'busy', label: 'Connecting', detail: 'Waiting for the stream.' };
  }
  const local = (serverTime: number) => serverTime - facts.clockOffset;
  const reason = status.reason ? sentence(status.reason.message) : undefined;
  const common = { ...STALE, code: status.reason?.code };
  switch (status.state) {
    case 'live':
      return undefined;
    case 'idle':
      return { ...common, key: 'idle', tone: 'off', label: 'Idle', detail: 'The camera rests until somebody watches.' };
    case 'connecting':
      return { ...common, key: 'connecting', tone: 'busy', label: 'Connecting', detail: 'Opening the camera.' };
    case 'stalled':
      return {
        ...common,
        key: 'stalled',
        tone: 'warn',
        label: 'Stalled',
        detail:
          reason ??
          `The camera has sent nothing for ${formatElapsed(now - local(status.lastFrameAt ?? status.since))}.`,
      };
    case 'reconnecting':
      return {
        ...common,
        key: 'reconnecting',
        tone: 'warn',
        label: 'Reconnecting',
        detail: reason ?? 'The camera was lost.',
        retryIn: status.retryAt === undefined ? undefined : secondsUntil(local(status.retryAt), now),
      };
    case 'stopped':
      return {
        ...common,
        key: 'stopped',
        tone: 'off',
        label: 'Stopped',
        detail: reason ?? 'Somebody stopped this stream.',
      };
    case 'failed':
      return { ...common, key: 'failed', tone: 'bad', label: 'Failed', detail: reason ?? 'The stream cannot run.' };
  }
}

/** The server says live: do pictures appear, and are they fresh? */
function pictureTrouble(facts: ViewFacts, now: number): ViewState | undefined {
  const newest = Math.max(facts.paintedAt ?? 0, facts.expectingSince);
  const waited = now - newest;
  const patience = Math.max(NO_PICTURE_MS, 3 * facts.frameInterval);
  if (waited >= patience) {
    return {
      ...STALE,
      key: 'no-picture',
      tone: 'warn',
      label: 'No picture',
      detail: `The camera is live, but no picture has come for ${formatElapsed(waited)}.`,
    };
  }
  if (facts.paintedAt === undefined) {
    return { ...STALE, key: 'waking', tone: 'busy', label: 'Starting', detail: 'Waiting for the first picture.' };
  }
  if (facts.latency !== undefined && facts.latency >= BEHIND_MS) {
    return {
      ...CALM,
      key: 'behind',
      tone: 'warn',
      label: 'Behind',
      detail: `This picture is ${formatElapsed(facts.latency)} old.`,
    };
  }
  return undefined;
}
