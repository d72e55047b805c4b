import { type ClassSettings, classWords } from '../core/class-settings.js';
import type { ImageSequence } from '../core/image-sequence.js';
import type { InferencePolicy } from '../core/policy.js';
import type { EngineSettings, Segmenter, TemporalEngine } from '../core/ports.js';
import type { RecordedSource, RecordingCounts } from '../ingest/recorded-source.js';
import type { MediaFacts } from '../media/facts.js';
import type { RecordedFile } from '../media/inspect.js';
import type { MediaTools } from '../media/media-tools.js';
import type { ResumePoint, Sampling } from '../media/selection.js';
import type { OutputName, OutputStyle } from '../record/output-kinds.js';
import type { OnExisting } from '../record/run/journal.js';

/** What a recording is to be made into, with what, and how far it is. */

export interface ProcessJob {
  /** Absolute; of an image sequence the pattern of its pictures' paths. */
  readonly path: string;
  /** Present where `path` is such a pattern. */
  readonly images?: ImageSequence;
  /** Absolute; the results' folder. */
  readonly target: string;
  readonly outputs: readonly OutputName[];
  /** Classes by name; all but the background where absent. */
  readonly style: Omit<OutputStyle, 'classes' | 'settings'> & { readonly classes: readonly string[] | undefined };
  readonly policy: InferencePolicy;
  readonly smoothing: boolean;
  /** Absent: all classes as the network says. */
  readonly modelClasses?: ClassSettings | undefined;
  /** Seconds from the beginning of the file. */
  readonly range: { readonly from?: number; readonly to?: number } | undefined;
  readonly sampling: Sampling | undefined;
  /** Of exported pictures and masks, in pixels; the source's where absent. */
  readonly longestSide: number | undefined;
  readonly onExisting: OnExisting;
  /** Frames that are written and committed together, at least 2; more where `segmentLength` says so. */
  readonly segmentFrames: number;
  /** Goes on though the disk looks too small for what is to come. */
  readonly ignoreSpace?: boolean;
}

export interface ProcessParts {
  /** Of the job's video. */
  readonly facts: MediaFacts;
  readonly segmenter: Segmenter;
  /** Tells one version of the network's weights from another. */
  readonly modelDigest: string;
  readonly openEngine: (settings: EngineSettings) => TemporalEngine;
  /** Nothing is opened before its frames are asked for. `resume`: where an earlier run ended. */
  readonly openSource: (job: ProcessJob, file: RecordedFile, resume?: ResumePoint) => RecordedSource;
  readonly tools: MediaTools;
  readonly stop: AbortSignal;
  readonly onProgress: (progress: ProcessProgress) => void;
}

export interface ProcessProgress {
  /** Written in this run and before. */
  readonly frames: number;
  /** Of them, those that an earlier run had committed. */
  readonly resumed: number;
  /** Frames that are expected, an estimate where only a part is asked for; absent where the file does not say its length. */
  readonly expected: number | undefined;
  /** Position in the file in seconds. */
  readonly position: number;
}

export interface ProcessReport {
  /** Frames written. */
  readonly frames: number;
  /** Frames that the network saw in this run. */
  readonly inferred: number;
  readonly resumed: number;
  readonly segments: number;
  /** Video packets of a damaged file that gave no frame; 0 where only a part of the file was asked for. */
  readonly lost: number;
  /** Times that ffmpeg complained about damaged data. */
  readonly corrupt: number;
  readonly warnings: RecordingCounts['warnings'];
}

/** What the results depend on. */
export function resultsDependOn(job: ProcessJob, file: RecordedFile, { modelDigest, segmenter }: ProcessParts): object {
  const { path, images, outputs, style, policy, smoothing, modelClasses } = job;
  const { range, sampling, longestSide, segmentFrames } = job;
  const { packets, duration } = file;
  const { codec } = file.info;
  const model = { name: segmenter.model.name, digest: modelDigest };
  const input = { path, images, codec, packets, duration };
  return {
    ...{ version: 2, input, model, outputs, style, policy, smoothing, modelClasses },
    ...{ range, sampling, longestSide, segmentFrames },
  };
}

/** What of the source was asked for, in words. */
export function askedFor({ range, sampling, modelClasses = {} }: ProcessJob): Record<string, string> {
  const classes = classWords(modelClasses);
  return {
    ...(classes === '' ? {} : { Classes: classes }),
    ...(range ? { Range: `${range.from ?? 0} s to ${range.to === undefined ? 'the end' : `${range.to} s`}` } : {}),
    ...(sampling
      ? { Sampling: sampling.kind === 'every' ? `every ${sampling.frames}` : `${sampling.fps} a second` }
      : {}),
  };
}
