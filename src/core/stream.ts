import type { ClassSettings } from './class-settings.js';
import type { ErrorRecord } from './errors.js';
import type { FrameGeometry } from './geometry.js';
import type { MaskOrigin } from './mask.js';
import type { InferencePolicy } from './policy.js';
import type { EpochMilliseconds, Milliseconds } from './time.js';

/**
 * Life of a stream:
 * idle → connecting → live ⇄ stalled → reconnecting → live …; stopped by a person; failed when no retry can help.
 * `idle` is an on-demand stream that nobody watches.
 */
export type StreamState = 'idle' | 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'stopped' | 'failed';

/** What a stream is doing, and why. */
export interface StreamStatus {
  readonly state: StreamState;
  /** When `state` began. */
  readonly since: EpochMilliseconds;
  /** Why the stream is not live. Absent when live. */
  readonly reason: ErrorRecord | undefined;
  /** When the next attempt starts; only while reconnecting. */
  readonly retryAt: EpochMilliseconds | undefined;
  /** Arrival of the newest frame. Absent before the first. */
  readonly lastFrameAt: EpochMilliseconds | undefined;
  /** Times the source was lost since the stream was added. */
  readonly losses: number;
}

/** Of a stream of which nothing else is known yet. */
export const bareStatus = (state: StreamState, since: EpochMilliseconds): StreamStatus => ({
  ...{ state, since, losses: 0 },
  ...{ reason: undefined, retryAt: undefined, lastFrameAt: undefined },
});

/** What can change while a stream runs. */
export interface StreamSettings {
  readonly policy: InferencePolicy;
  readonly smoothing: boolean;
  /** Stop decoding when nobody watches. */
  readonly onDemand: boolean;
  readonly classes: ClassSettings;
}

/** Why a frame was not shown, or not inferred though the policy wanted it. */
export type DropCause =
  /** a newer frame replaced it before the pipeline could take it */
  | 'pipeline-busy'
  /** the inference pool had no slot and a newer frame of the stream took the place */
  | 'inference-busy'
  /** the network's worker died under the frame */
  | 'inference-failed'
  /** a viewer had not acknowledged the last frame yet (counted a viewer) */
  | 'viewer-slow'
  /** ffmpeg's outputs disagreed, or a picture could not be read */
  | 'corrupt';

export const DROP_CAUSES: readonly DropCause[] = [
  'pipeline-busy',
  'inference-busy',
  'inference-failed',
  'viewer-slow',
  'corrupt',
];

export const STAGES = ['observe', 'infer', 'apply', 'pack'] as const;
/** observe: luma, motion, decision · infer: queue and network · apply: propagate, smooth, arg-max · pack: compress */
export type Stage = (typeof STAGES)[number];

/** A snapshot of the last few seconds of one stream. Rates in events a second. */
export interface StreamStatistics {
  readonly sourceFps: number;
  readonly inferredFps: number;
  readonly shownFps: number;
  readonly drops: Readonly<Record<DropCause, number>>;
  /** Milliseconds a frame by stage, p50 and p95. */
  readonly stages: Readonly<Record<Stage, { readonly p50: Milliseconds; readonly p95: Milliseconds }>>;
  /** Frames that wait for a network run. */
  readonly queued: number;
  /** Network runs under way or waiting. */
  readonly inFlight: number;
  readonly geometry: FrameGeometry | undefined;
  readonly policy: string;
  readonly smoothing: boolean;
  readonly model: string;
  readonly viewers: number;
  readonly lastOrigin: MaskOrigin | undefined;
}
