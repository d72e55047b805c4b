import type { ErrorCode, MaskcastError } from '../core/errors.js';
import type { SourceSpec } from '../core/source.js';
import type { StreamState } from '../core/stream.js';
import { type Milliseconds, ms } from '../core/time.js';

/**
 * The life of a live source as pure decisions; LiveSource acts on them.
 *
 *     connecting ──frame──► live ◄──frame── stalled
 *         │                  │ ──silence──►   │
 *        lost               lost            silence: replace ffmpeg
 *         ▼                  ▼                ▼
 *     reconnecting ◄────────────────────── lost        (any) ──stop──► stopped, ──final loss──► failed
 *         └──retry, frame──► live
 *
 * In: what happened. Out: the next state and what to do. Always holds: at most one attempt is under way; while none is, and the
 * source is neither stopped nor failed, a retry is due at a known time.
 */

export interface Supervision {
  readonly state: StreamState;
  /** An attempt (probe, then ffmpeg) is under way. */
  readonly attempting: boolean;
  /** The attempt under way has been told to end so that another can follow, which is no loss. */
  readonly changing: boolean;
  /** Why the source is not live. */
  readonly reason: MaskcastError | undefined;
  /** When the source became live for the last time, on the monotonic clock; absent while it has not been since the last loss. */
  readonly liveSince: Milliseconds | undefined;
  readonly losses: number;
}

export type SupervisorEvent =
  /** a frame came */
  | { readonly kind: 'frame' }
  /** no frame came for the stall timeout, counted from the last frame or the last silence */
  | { readonly kind: 'silence'; readonly reason: MaskcastError }
  /** size or shape have changed in mid-stream */
  | { readonly kind: 'changed'; readonly reason: MaskcastError }
  /** the attempt is over, and its process gone */
  | { readonly kind: 'lost'; readonly reason: MaskcastError; readonly final: boolean }
  /** the delay before the next attempt is over */
  | { readonly kind: 'retry' }
  | { readonly kind: 'stop' };

export type SupervisorAction =
  | { readonly kind: 'start-attempt' }
  | { readonly kind: 'end-attempt' }
  | { readonly kind: 'schedule'; readonly pace: Pace; readonly fresh: boolean };

/** How soon the next attempt starts: at once, after a moment, by growing delays, or at the slow pace of wrong credentials. */
export type Pace = 'now' | 'soon' | 'backoff' | 'slow';

/** A source that was live for this long was healthy: its next loss starts with short delays again. */
export const HEALTHY_AFTER = ms(10_000);

export const INITIAL: Supervision = {
  state: 'connecting',
  attempting: false,
  changing: false,
  reason: undefined,
  liveSince: undefined,
  losses: 0,
};

interface Step {
  readonly next: Supervision;
  readonly actions: readonly SupervisorAction[];
}

export function transition(now: Supervision, event: SupervisorEvent, at: Milliseconds): Step {
  if (now.state === 'stopped' || now.state === 'failed') return stay(now);
  switch (event.kind) {
    case 'frame':
      if (now.state === 'live' || now.changing) return stay(now);
      return stay({ ...now, state: 'live', reason: undefined, liveSince: now.liveSince ?? at });
    case 'silence':
      if (now.state === 'live') return stay({ ...now, state: 'stalled', reason: event.reason });
      if (now.state === 'stalled') return { next: now, actions: [{ kind: 'end-attempt' }] };
      return stay(now);
    case 'changed':
      if (!now.attempting || now.changing) return stay(now);
      return {
        next: { ...now, state: 'reconnecting', changing: true, reason: event.reason },
        actions: [{ kind: 'end-attempt' }],
      };
    case 'lost':
      return lost(now, event.reason, event.final, at);
    case 'retry':
      if (now.attempting) return stay(now);
      return { next: { ...now, attempting: true }, actions: [{ kind: 'start-attempt' }] };
    case 'stop':
      return {
        next: { ...now, state: 'stopped', reason: undefined, attempting: false, changing: false },
        actions: [{ kind: 'end-attempt' }],
      };
  }
}

function lost(now: Supervision, reason: MaskcastError, final: boolean, at: Milliseconds): Step {
  const wasLive = now.liveSince !== undefined;
  const healthy = now.liveSince !== undefined && at - now.liveSince >= HEALTHY_AFTER;
  const next: Supervision = {
    state: final ? 'failed' : 'reconnecting',
    attempting: false,
    changing: false,
    reason: now.changing ? now.reason : reason,
    liveSince: undefined,
    losses: now.losses + (wasLive && !now.changing ? 1 : 0),
  };
  if (final) return stay(next);
  // A change is no loss, however many there are; but a source that changes all the time must not keep a processor busy with starting ffmpeg.
  const pace: Pace = now.changing ? (healthy ? 'now' : 'soon') : reason.code === 'AUTH_FAILED' ? 'slow' : 'backoff';
  return { next, actions: [{ kind: 'schedule', pace, fresh: healthy }] };
}

const stay = (next: Supervision): Step => ({ next, actions: [] });

const HOPELESS: ReadonlySet<ErrorCode> = new Set(['FFMPEG_MISSING', 'SOURCE_INVALID', 'INTERNAL']);
/** A file does not change by waiting; a camera or a server may. */
const HOPELESS_FOR_FILES: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'NOT_VIDEO',
  'CODEC_UNSUPPORTED',
  'CORRUPT',
  'SIZE_UNSUPPORTED',
]);

/** Whether no retry can help. */
export function isFinal(source: SourceSpec, reason: MaskcastError): boolean {
  return HOPELESS.has(reason.code) || (source.kind === 'file' && HOPELESS_FOR_FILES.has(reason.code));
}
