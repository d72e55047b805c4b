import type { ClassRules } from './class-settings.js';
import type { Frame } from './frame.js';
import type { FrameGeometry, Size } from './geometry.js';
import type { Mask, ScoreMap } from './mask.js';
import type { ModelInfo } from './model.js';
import type { InferencePolicy } from './policy.js';
import type { StreamStatus } from './stream.js';

/** Interfaces between the stages of a frame's way. Each stage's folder has the implementation; `pipeline/` joins them. */

/** A source of frames that outlives its ffmpeg processes. */
export interface FrameSource {
  /**
   * The frames, in order, from now on. A live source keeps only the newest frame while the consumer is busy; a file source
   * for recorded work waits for the consumer. Ends after `close()`, at the end of a file that does not loop, or by throwing
   * the MaskcastError that no retry can help. One consumer at a time.
   */
  frames(): AsyncIterable<Frame>;
  readonly status: StreamStatus;
  /** Frames that a newer one replaced before the consumer took them. */
  readonly dropped: number;
  onStatus(listener: (status: StreamStatus) => void): () => void;
  /** Idempotent; resolves when no process, pipe or timer is left. Works at once, also while connecting. */
  close(): Promise<void>;
}

/** What the network says of one frame, on loan: call `release` when the scores have been read. */
export interface Inference {
  /** `data` lies over a SharedArrayBuffer, so that it can be handed to a worker without a copy. */
  readonly scores: ScoreMap;
  /** Time of the network alone, without waiting. */
  readonly runTime: number;
  release(): void;
}

/** Runs a network over frames; many streams share one. */
export interface Segmenter {
  readonly model: ModelInfo;
  /** The RGB plane to give for a picture of this size: what the network accepts, aspect kept up to a tenth. */
  geometryFor(source: Size): { readonly analysis: Size; readonly content: Size };
  /**
   * Queues one frame. Retains `frame.pixels` while it needs them. The stream that gains most is served first, streams of equal gain in
   * turn, and none waits without end.
   * @throws MaskcastError INFERENCE_FAILED, WORKER_LOST (retryable: the next frame may succeed), TIMEOUT (retryable, much later) or CLOSED
   */
  segment(stream: string, frame: Frame, options: SegmentOptions): Promise<Inference | undefined>;
  /** Network runs that could start at once, or as soon as one in the background ends. */
  readonly freeSlots: number;
  /** Requests of this stream that run or wait. */
  inFlight(stream: string): number;
  /** Of these, those that wait. */
  waiting(stream: string): number;
  close(): Promise<void>;
}

/** A network as its users know it: described at any time, loaded only while somebody has borrowed it. */
export interface Network {
  readonly model: ModelInfo;
  /** Loads it where nobody has yet. @throws MaskcastError MODEL_NOT_FOUND, or why it can't be loaded */
  borrow(): Promise<BorrowedNetwork>;
}

export interface BorrowedNetwork {
  readonly segmenter: Segmenter;
  /** Idempotent. */
  giveBack(): void;
}

export interface SegmentOptions {
  /** A waiting request of the same stream is replaced by this one, and the replaced one resolves to undefined. */
  readonly newestOnly: boolean;
  /** Frames of live streams go first. Absent: no. */
  readonly background?: boolean;
  /** See `Observation.gain`. Absent: 1. */
  readonly gain?: number;
}

/** The engine's wish for one frame. */
export interface Observation {
  /** Run the network on this frame? */
  readonly infer: boolean;
  /** Why, for statistics and debugging. */
  readonly reason: 'policy' | 'start' | 'cut' | 'change' | 'stale' | 'skip';
  /** Mean absolute luma change since the previous frame, 0–1. */
  readonly change: number;
  /**
   * What a run on this frame gains, in units of what a run is worth at least: from 1 where `infer`, Infinity where nothing is
   * known of what the frame shows.
   */
  readonly gain: number;
}

/** What a temporal engine goes by. */
export interface EngineSettings {
  readonly policy: InferencePolicy;
  readonly smoothing: boolean;
  /** Absent: all classes as the network says. */
  readonly classes?: ClassRules | undefined;
  /** Masks carry an `inspection`, at some cost. Absent: no. */
  readonly inspect?: boolean;
}

/**
 * Keeps one stream's masks steady. For every frame, in order: `observe` once, later `apply` once. `observe` may run ahead of
 * `apply`; both keep frame order. A result that comes after its frame was applied goes to `late`.
 * The same frames, settings and order of calls give the same masks.
 */
export interface TemporalEngine {
  /** Reads the frame's pixels (retained while needed), measures motion against the previous frame, decides. */
  observe(frame: Frame, load: { readonly freeSlots: number }): Promise<Observation>;
  /** The mask of an observed frame; `inference` is consumed (released) here. */
  apply(frameNumber: number, inference: Inference | undefined): Promise<Mask>;
  /** Moves a late result of frame `frameNumber` forward to the last applied frame; released here. */
  late(frameNumber: number, inference: Inference): Promise<void>;
  /** Takes effect from the next `observe`; classes from the next mask. */
  configure(settings: EngineSettings): void;
  close(): Promise<void>;
}

/** One frame at the end of its way, picture and mask together. */
export interface SegmentedFrame {
  readonly number: number;
  readonly pts: Frame['pts'];
  readonly capturedAt: Frame['capturedAt'];
  readonly discontinuity: Frame['discontinuity'];
  readonly geometry: FrameGeometry;
  readonly jpeg: Uint8Array | undefined;
  readonly mask: Mask;
}
