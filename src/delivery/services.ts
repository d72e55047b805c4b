import type { ModelInfo } from '../core/model.js';
import type { SegmentedFrame } from '../core/ports.js';
import type { StreamSettings, StreamStatistics, StreamStatus } from '../core/stream.js';
import type {
  ModelView,
  ReadinessView,
  Role,
  SourceInfoView,
  SourceInput,
  StreamChange,
  StreamInput,
  StreamView,
} from './http/api-schema.js';
import type {
  DatasetQuery,
  DatasetView,
  JobInput,
  JobTimeline,
  JobTimes,
  JobView,
  MediaEntry,
  UploadView,
} from './http/jobs-schema.js';

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
  /** Masks carry an `inspection`, from soon on, until the returned function is called. */
  inspect(): () => void;
  onStatus(listener: (status: StreamStatus) => void): () => void;
  /** Name, model or settings have changed. */
  onChange(listener: () => void): () => void;
  /** The stream is gone for good. */
  onRemoved(listener: () => void): () => void;
}

export interface StreamService {
  /** As somebody of this role may see them: viewers get the host of an address only, and the name of a file. */
  list(role: Role): readonly StreamView[];
  /** @throws NOT_FOUND */
  get(id: string, role: Role): StreamView;
  /** @throws NOT_FOUND */
  feed(id: string): StreamFeed;
  /** @throws CONFLICT (id taken), SOURCE_INVALID, MODEL_NOT_FOUND, BAD_REQUEST (classes), DISK_FULL (nothing is added then) */
  add(input: StreamInput): Promise<StreamView>;
  /** Changes of one stream are made one after the other. @throws NOT_FOUND, SOURCE_INVALID, MODEL_NOT_FOUND, BAD_REQUEST (classes), DISK_FULL (nothing is changed then) */
  change(id: string, change: StreamChange): Promise<StreamView>;
  /** @throws NOT_FOUND, DISK_FULL (it is kept then) */
  remove(id: string): Promise<void>;
  /** What a source is. @throws the typed reason why not */
  probe(source: SourceInput, signal: AbortSignal): Promise<SourceInfoView>;
  models(): readonly ModelView[];
}

/** Whether the server can do its work: workers live, ffmpeg runs, what must be kept can be written. Asked by `/readyz`; never rejects. */
export type Readiness = () => ReadinessView | Promise<ReadinessView>;

/** A file of a job that may be sent. */
export interface StoredFile {
  readonly kind: 'file';
  /** Absolute, without a symbolic link in it. */
  readonly path: string;
  /** For whoever saves it. */
  readonly name: string;
  readonly contentType: string;
}

/** A folder of a job that is sent as one archive. */
export interface StoredFolder {
  readonly kind: 'folder';
  readonly path: string;
  /** With the archive's extension. */
  readonly name: string;
}

/** Files that are sent as one archive, found and read while it is sent. */
export interface StoredArchive {
  /** With the archive's extension. */
  readonly name: string;
  readonly files: AsyncIterable<ArchivedFile> | Iterable<ArchivedFile>;
}

/** `name` in the archive, with slashes. */
export type ArchivedFile = { readonly name: string } & (
  | { readonly from: string }
  | { readonly text: AsyncIterable<string> | Iterable<string> }
);

/** What happens to jobs, as often as it is good for people: progress at most four times a second a job. */
export type JobEvent =
  /** The job is new or another than before: `get` tells what it is now. */
  | { readonly kind: 'changed'; readonly id: string }
  | { readonly kind: 'removed'; readonly id: string }
  /** The server stops; nothing follows. */
  | { readonly kind: 'ended' };

export interface UploadSource {
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes, where they were announced. */
  readonly length: number | undefined;
  /** Aborted when the sender leaves. */
  readonly signal: AbortSignal;
}

export interface JobService {
  /** Newest first. */
  list(): readonly JobView[];
  /** @throws NOT_FOUND */
  get(id: string): JobView;
  /** @throws NOT_FOUND (the recording), NOT_VIDEO and other reasons why it can't be read, MODEL_NOT_FOUND, BAD_REQUEST */
  add(input: JobInput): Promise<JobView>;
  /** Stops it, waits until it has stopped, removes it with its results. @throws NOT_FOUND */
  remove(id: string): Promise<void>;
  /** Resolves when the job is in its new state. @throws NOT_FOUND, CONFLICT with the states that allow it */
  control(id: string, action: 'pause' | 'resume' | 'cancel' | 'retry'): Promise<JobView>;
  /** Until the returned function is called. */
  watch(listener: (event: JobEvent) => void): () => void;
  /** The newest picture of a running job with its overlay, a JPEG. @throws NOT_FOUND before the first */
  preview(id: string): Uint8Array;
  /** @throws NOT_FOUND */
  result(id: string, path: string): Promise<StoredFile | StoredFolder>;
  /** The recording itself. @throws NOT_FOUND */
  source(id: string): Promise<StoredFile>;
  /** @throws NOT_FOUND, CONFLICT before the job is done */
  timeline(id: string, points: number): Promise<JobTimeline>;
  /** @throws NOT_FOUND, CONFLICT before the job is done */
  times(id: string): Promise<JobTimes>;
  /** The indexed PNG of frame `number`. @throws NOT_FOUND, CONFLICT before the job is done */
  mask(id: string, number: number): Promise<StoredFile>;
  /** What a data set of several jobs would hold. @throws NOT_FOUND, CONFLICT before a job is done, BAD_REQUEST, DATASET_INVALID */
  describeDataset(query: DatasetQuery): Promise<DatasetView>;
  /** @throws as `describeDataset` */
  datasetArchive(query: DatasetQuery): Promise<StoredArchive>;
  /** Recordings in the configured folders, by path. */
  media(): Promise<readonly MediaEntry[]>;
  /** @throws TOO_LARGE, DISK_FULL, BAD_REQUEST, or the typed reason why it is no video */
  upload(source: UploadSource): Promise<UploadView>;
}
