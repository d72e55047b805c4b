import type { ModelInfo } from '../core/model.js';
import type { SegmentedFrame } from '../core/ports.js';
import type { StreamSettings, StreamStatistics, StreamStatus } from '../core/stream.js';
import type {
  ModelView,
  ReadinessView,
  SourceInfoView,
  SourceInput,
  StreamChange,
  StreamInput,
  StreamView,
} from './api-schema.js';

/** What delivery needs from the rest of the server; the composition root provides it. All methods throw MaskcastError. */

/** One running stream as its viewers see it. */
export interface StreamFeed {
  readonly id: string;
  readonly name: string;
  readonly model: ModelInfo;
  readonly settings: StreamSettings;
  /** See `FrameMessage.revision`. */
  readonly revision: number;
  readonly status: StreamStatus;
  statistics(): StreamStatistics;
  /** The newest frame, for late joiners; absent before the first. */
  readonly latest: SegmentedFrame | undefined;
  /**
   * Declares interest until the returned function is called: an on-demand stream runs while anybody is interested. The
   * listener gets every segmented frame as it leaves the pipeline.
   */
  subscribe(listener: (frame: SegmentedFrame) => void): () => void;
  onStatus(listener: (status: StreamStatus) => void): () => void;
  /** Name, model or settings have changed. */
  onChange(listener: () => void): () => void;
  /** The stream is gone for good. */
  onRemoved(listener: () => void): () => void;
}

export interface StreamService {
  list(): readonly StreamView[];
  /** @throws NOT_FOUND */
  get(id: string): StreamView;
  /** @throws NOT_FOUND */
  feed(id: string): StreamFeed;
  /** @throws CONFLICT (id taken), SOURCE_INVALID, MODEL_NOT_FOUND */
  add(input: StreamInput): Promise<StreamView>;
  /** @throws NOT_FOUND, SOURCE_INVALID, MODEL_NOT_FOUND */
  change(id: string, change: StreamChange): Promise<StreamView>;
  /** @throws NOT_FOUND */
  remove(id: string): Promise<void>;
  /** What a source is. @throws the typed reason why not */
  probe(source: SourceInput, signal: AbortSignal): Promise<SourceInfoView>;
  models(): readonly ModelView[];
}

/** Whether the server can do its work: a model is loaded, ffmpeg is there, workers live. Asked by `/readyz`. */
export type Readiness = () => ReadinessView;
