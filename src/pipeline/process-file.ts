import { systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { Size } from '../core/geometry.js';
import { formatPolicy, type InferencePolicy } from '../core/policy.js';
import type { FrameSource, SegmentedFrame, Segmenter, TemporalEngine } from '../core/ports.js';
import type { RecordedSource, RecordingCounts } from '../ingest/recorded-source.js';
import { inspectFile, type RecordedFile } from '../record/inspect.js';
import { Journal, type OnExisting } from '../record/journal.js';
import { maskedFrame } from '../record/labels.js';
import type { MediaTools } from '../record/media-tools.js';
import type { Output, Recording, Sampling } from '../record/output.js';
import { outputSize } from '../record/output-size.js';
import { createOutput, type OutputName, type OutputStyle } from '../record/outputs.js';
import { chosenClasses } from '../record/palette.js';
import { SegmentWriter } from '../record/segment-writer.js';
import { runFrameLoop } from './frame-loop.js';
import { OrderedEngine, persistent } from './process-order.js';
import { NO_OBSERVER, StreamMeter } from './statistics.js';

/**
 * One recording from file to files.
 *
 * In: a video file. Out: a folder of results. Always holds: every decoded frame is written once, with its own time; the
 * temporal engine starts anew with each segment, in every run, so that a run which was killed and resumed gives the same bytes
 * as one which was not.
 */

export interface ProcessJob {
  /** Absolute. */
  readonly path: string;
  /** Absolute; the results' folder. */
  readonly target: string;
  readonly outputs: readonly OutputName[];
  /** Classes by name; all but the background where absent. */
  readonly style: Omit<OutputStyle, 'classes' | 'settings'> & { readonly classes: readonly string[] | undefined };
  readonly policy: InferencePolicy;
  readonly smoothing: boolean;
  /** Seconds from the beginning of the file. */
  readonly range: { readonly from?: number; readonly to?: number } | undefined;
  readonly sampling: Sampling | undefined;
  /** Of exported pictures and masks, in pixels; the source's where absent. */
  readonly longestSide: number | undefined;
  readonly onExisting: OnExisting;
  /** Frames that are written and committed together, at least 2. */
  readonly segmentFrames: number;
}

export interface ProcessParts {
  readonly segmenter: Segmenter;
  /** Tells one version of the network's weights from another. */
  readonly modelDigest: string;
  readonly openEngine: (settings: Pick<ProcessJob, 'policy' | 'smoothing'>) => TemporalEngine;
  /** Nothing is opened before its frames are asked for. */
  readonly openSource: (job: ProcessJob) => RecordedSource;
  readonly tools: MediaTools;
  readonly stop: AbortSignal;
  readonly onProgress: (progress: ProcessProgress) => void;
}

export interface ProcessProgress {
  /** Written in this run and before. */
  readonly frames: number;
  /** Of them, those that an earlier run had committed. */
  readonly resumed: number;
  /** Frames that are expected; absent where a range or a rate makes it unknown. */
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
  /** Times that ffmpeg complained about damaged data. */
  readonly corrupt: number;
  readonly warnings: RecordingCounts['warnings'];
}

/** Of every encoder. Part of what makes results equal: encoders split their work by it. */
const ENCODER_THREADS = 4;

/**
 * @returns undefined where a resume finds the results finished
 * @throws MaskcastError the source's, the network's or the outputs' reason; OUTPUT_EXISTS; FRAME_COUNT_MISMATCH; CLOSED when stopped
 */
export async function processFile(job: ProcessJob, parts: ProcessParts): Promise<ProcessReport | undefined> {
  const file = await inspectFile(parts.tools, job.path);
  const journal = await Journal.open(job.target, settingsOf(job, file, parts), job.onExisting);
  return journal && new FileRun(job, parts, file, journal).run();
}

/** What the results depend on. */
function settingsOf(job: ProcessJob, file: RecordedFile, { modelDigest, segmenter }: ProcessParts): object {
  const { path, outputs, style, policy, smoothing, range, sampling, longestSide, segmentFrames } = job;
  const { packets, duration, codec } = file;
  const model = { name: segmenter.model.name, digest: modelDigest };
  const input = { path, codec, packets, duration };
  return { version: 1, input, model, outputs, style, policy, smoothing, range, sampling, longestSide, segmentFrames };
}

class FileRun {
  private readonly source: RecordedSource;
  private readonly meter: StreamMeter;
  private outputs: readonly Output[] = [];
  private recording: Recording | undefined;
  private taken = 0;
  private inferred = 0;
  private readonly resumed: number;
  /** Of exported pictures and masks. */
  private readonly size: Size;

  constructor(
    private readonly job: ProcessJob,
    private readonly parts: ProcessParts,
    private readonly file: RecordedFile,
    private readonly journal: Journal,
  ) {
    this.source = parts.openSource(job);
    this.size = outputSize(file.size, job.longestSide);
    this.meter = new StreamMeter(job.path, systemClock, NO_OBSERVER);
    this.resumed = journal.segments.reduce((sum, { frames }) => sum + frames, 0);
  }

  async run(): Promise<ProcessReport> {
    const { source, journal, parts } = this;
    const stop = () => void source.close();
    parts.stop.addEventListener('abort', stop, { once: true });
    if (parts.stop.aborted) stop();
    let committing: Promise<void> = Promise.resolve();
    try {
      const frames = source.frames();
      for (;;) {
        const { value: first } = await frames.next();
        this.requireGoingOn();
        if (!first) break;
        this.taken += 1;
        this.begin(first);
        if (first.number < this.resumed) {
          first.pixels.release();
          continue;
        }
        const writer = await this.segment(first, frames);
        await committing.catch(async (error: unknown) => {
          await writer.abort();
          throw error;
        });
        // The encoders finish one segment while the network works on the next.
        committing = writer.commit();
        committing.catch(() => {});
      }
      await committing;
      await this.assemble();
    } finally {
      parts.stop.removeEventListener('abort', stop);
      await source.close();
      await committing.catch(() => {});
    }
    const { corrupt, warnings } = source.counts;
    const { taken, inferred, resumed } = this;
    return { frames: taken, inferred, resumed, segments: journal.segments.length, corrupt, warnings };
  }

  /** The first frame of the file tells what all outputs need to know. */
  private begin(frame: Frame): void {
    if (this.recording) return;
    const { file, job, parts } = this;
    const { sampling, range } = job;
    this.recording = {
      ...{ tools: parts.tools, file, model: parts.segmenter.model, sampling, range },
      size: this.size,
      ...{ timeBase: frame.pts.timeBase, firstTicks: frame.pts.ticks, threads: ENCODER_THREADS },
    };
    const { classes, ...look } = job.style;
    const style: OutputStyle = {
      ...look,
      classes: chosenClasses(parts.segmenter.model, classes),
      settings: { policy: formatPolicy(job.policy), smoothing: job.smoothing ? 'on' : 'off', ...askedFor(job) },
    };
    this.outputs = job.outputs.map((name) => createOutput(name, this.recording as Recording, style));
  }

  /** From `first` to the end of the segment or of the source. */
  private async segment(first: Frame, frames: AsyncIterator<Frame, void>): Promise<SegmentWriter> {
    const { job, parts } = this;
    const writer = await SegmentWriter.open(this.journal, this.outputs, {
      firstFrame: first.number,
      firstTicks: first.pts.ticks,
      maxFrames: job.segmentFrames,
    });
    const engine = new OrderedEngine(parts.openEngine(job));
    try {
      await runFrameLoop({
        stream: job.path,
        source: stretch(
          this.source,
          this.framesOf(first, frames, writer, () => engine.end()),
        ),
        segmenter: persistent(parts.segmenter, () => engine.end()),
        engine,
        meter: this.meter,
        results: () => 'own-frame',
        emit: (frame) => this.emit(frame, writer),
      });
      this.requireGoingOn();
      return writer;
    } catch (error) {
      await writer.abort();
      throw error;
    } finally {
      await engine.close();
    }
  }

  private async *framesOf(
    first: Frame,
    frames: AsyncIterator<Frame, void>,
    writer: SegmentWriter,
    onEnd: () => void,
  ): AsyncGenerator<Frame, void, undefined> {
    try {
      yield { ...first, discontinuity: true };
      for (let count = 1; count < this.job.segmentFrames; count++) {
        await writer.room();
        const { value } = await frames.next();
        if (!value) return;
        this.taken += 1;
        yield value;
      }
    } finally {
      onEnd();
    }
  }

  private emit({ number, pts, mask }: SegmentedFrame, writer: SegmentWriter): void {
    if (mask.origin === 'inferred') this.inferred += 1;
    writer.add(maskedFrame({ number, pts, mask }, this.size));
    const { sampling, range } = this.job;
    const { start, packets } = this.file;
    const expected = range || sampling?.kind === 'rate' ? undefined : Math.ceil(packets / (sampling?.frames ?? 1));
    const position = (pts.ticks * pts.timeBase.num) / pts.timeBase.den - start;
    this.parts.onProgress({ frames: number + 1, resumed: this.resumed, expected, position });
  }

  private requireGoingOn(): void {
    if (!this.parts.stop.aborted) return;
    const done = this.journal.segments.reduce((sum, { frames }) => sum + frames, 0);
    throw new MaskcastError(
      'CLOSED',
      `stopped with ${done} frames kept; the same command with --resume goes on from there`,
    );
  }

  private async assemble(): Promise<void> {
    const { journal, source, outputs, parts } = this;
    const { segments } = journal;
    const written = segments.reduce((sum, { frames }) => sum + frames, 0);
    const { delivered } = source.counts;
    if (written !== delivered || this.taken !== delivered) {
      throw new MaskcastError('FRAME_COUNT_MISMATCH', `${delivered} frames were decoded and ${written} written`, {
        details: { decoded: delivered, written },
      });
    }
    if (written === 0) throw new MaskcastError('USAGE', 'there is no frame in the range that was asked for');
    const folder = await journal.result();
    for (const output of outputs) {
      await output.assemble(segments, folder, parts.stop).catch((error: unknown) => {
        this.requireGoingOn();
        throw error;
      });
    }
    await journal.finish();
  }
}

/** What of the source was asked for, in words. */
function askedFor({ range, sampling }: ProcessJob): Record<string, string> {
  return {
    ...(range ? { range: `${range.from ?? 0} s to ${range.to === undefined ? 'the end' : `${range.to} s`}` } : {}),
    ...(sampling
      ? { sampling: sampling.kind === 'every' ? `every ${sampling.frames}` : `${sampling.fps} a second` }
      : {}),
  };
}

/** A part of a source as a source of its own. */
function stretch(source: FrameSource, frames: AsyncIterable<Frame>): FrameSource {
  return {
    frames: () => frames,
    get status() {
      return source.status;
    },
    dropped: 0,
    onStatus: (listener) => source.onStatus(listener),
    close: () => source.close(),
  };
}
