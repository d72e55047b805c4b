import type { Clock } from '../core/clock.js';
import type { Milliseconds, Seconds } from '../core/time.js';
import type { MediaFacts } from '../media/facts.js';
import type { PacketFacts, RecordedFile } from '../media/inspect.js';
import type { GeometryFor } from '../media/picture-size.js';
import type { ResumePoint, Sampling } from '../media/selection.js';
import type { Logger } from '../telemetry/logger.js';

/** What every source needs to run. */
export interface SourceOptions {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From the Segmenter: see core/ports. */
  readonly geometryFor: GeometryFor;
  /** Whether frames carry a JPEG. */
  readonly pictures: boolean;
  /** The JPEG's longer side is at most this many pixels. */
  readonly pictureLongestSide: number;
  /** mjpeg quantiser: 2 (best) to 31. */
  readonly pictureQuality: number;
  readonly connectTimeout: Milliseconds;
}

/** Fresh: the newest frame counts, a lost source comes back. */
export interface LiveOptions extends SourceOptions {
  readonly delivery: 'latest';
  /** Without a frame for this long, a live source counts as stalled. */
  readonly stallTimeout: Milliseconds;
  readonly retry: RetryOptions;
  /** Between the requests to a camera that has a single picture an answer. Default: a second. */
  readonly refresh?: Milliseconds;
}

export interface RetryOptions {
  /** Ceiling of the first delay; it doubles each time. */
  readonly initial: Milliseconds;
  readonly cap: Milliseconds;
  /** Between tries after wrong credentials: fast retries would lock the account. */
  readonly auth: Milliseconds;
  /** In [0, 1); tests give their own. */
  readonly random?: () => number;
}

/** Complete: every frame once, at the consumer's pace. */
export interface RecordedOptions extends SourceOptions {
  readonly delivery: 'lossless';
  /** Where the source has been probed already, and its packets looked at: without these a seek goes by guess. */
  readonly facts?: MediaFacts & Partial<PacketFacts & Pick<RecordedFile, 'toneMapping'>>;
  /** Starts again at the end, for ever: for benchmarks. */
  readonly loop?: boolean;
  /** Seconds from the beginning of the file; a frame at `to` is out. */
  readonly range?: { readonly from?: Seconds; readonly to?: Seconds };
  readonly sampling?: Sampling;
  /** Goes on where an earlier run ended. Decodes from the file's beginning where a seek gives other frames than that. */
  readonly resume?: ResumePoint;
  /** Decoding comes after everything else that wants the CPU. */
  readonly background?: boolean;
}
