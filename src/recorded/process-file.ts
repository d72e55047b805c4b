import { classRules } from '../core/class-settings.js';
import { systemClock } from '../core/clock.js';
import { asMaskcastError, MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { Size } from '../core/geometry.js';
import { formatPolicy } from '../core/policy.js';
import type { EngineSettings, FrameSource, SegmentedFrame } from '../core/ports.js';
import { toSeconds } from '../core/time.js';
import type { RecordedSource } from '../ingest/recorded-source.js';
import { inspectFile, type RecordedFile } from '../media/inspect.js';
import { runFrameLoop } from '../pipeline/frame-loop.js';
import { NO_OBSERVER, StreamMeter } from '../pipeline/statistics.js';
import { chosenClasses } from '../record/class-palette.js';
import { outputSize } from '../record/export-size.js';
import type { Output, Recording, SegmentStart } from '../record/file-output.js';
import { maskedFrame } from '../record/masked-frame.js';
import { createOutput, type OutputStyle } from '../record/output-kinds.js';
import { requireSpace, spaceNeeded } from '../record/run/disk-forecast.js';
import { Journal } from '../record/run/journal.js';
import { SegmentWriter } from '../record/run/segment-writer.js';
import { expectedFrames } from './process-estimate.js';
import { askedFor, type ProcessJob, type ProcessParts, type ProcessReport, resultsDependOn } from './process-job.js';
import { OrderedEngine, persistent } from './process-order.js';
import { clockOf, resumePoint, segmentEnd } from './resume-point.js';
import { segmentLength } from './segment-length.js';

/**
 * One recording from file to files.
 *
 * In: a video file. Out: a folder of results. Always holds: every decoded frame is written once, with its own time; the
 * temporal engine starts anew with each segment, in every run, so that a run which was killed and resumed gives the same bytes
 * as one which was not.
 */

/** Of every encoder. Part of what makes results equal: encoders split their work by it. */
const ENCODER_THREADS = 4;

/**
 * @returns undefined where a resume finds the results finished
 * @throws MaskcastError the source's, the network's or the outputs' reason; OUTPUT_EXISTS; DISK_FULL; FRAME_COUNT_MISMATCH;
 * CLOSED when stopped
 */
export async function processFile(job: ProcessJob, parts: ProcessParts): Promise<ProcessReport | undefined> {
  const { path, images } = job;
  const source = { kind: 'file', path, ...(images ? { images } : {}) } as const;
  const file = await inspectFile(parts.tools, source, parts.facts);
  let journal: Journal | undefined;
  try {
    journal = await Journal.open(job.target, resultsDependOn(job, file, parts), job.onExisting);
    return journal && (await new FileRun(job, parts, file, journal).run());
  } catch (error) {
    throw keepsOn(error);
  } finally {
    await journal?.close();
  }
}

/** Whoever makes room on the disk can go on: what is committed is kept. */
function keepsOn(error: unknown): unknown {
  if (!(error instanceof MaskcastError) || error.code !== 'DISK_FULL') return error;
  const { code, message, retryable, details } = error;
  return new MaskcastError(code, message, { retryable, details, cause: error, remedies: ['make-room', 'go-on'] });
}

class FileRun {
  private readonly source: RecordedSource;
  private readonly meter: StreamMeter;
  private readonly expected: number | undefined;
  private readonly resumed: number;
  private outputs: readonly Output[] = [];
  /** Of the outputs. */
  private readonly warnings: { frame: number; text: string }[] = [];
  private recording: Recording | undefined;
  /** Lent to us until the next one is taken. */
  private last: Frame | undefined;
  /** Whether the source's own clock has risen with every frame so far: only then a time tells a frame. */
  private rising = true;
  /** What the source's clock says of frames on their way, where that isn't their pts. */
  private readonly ownTicks = new Map<number, number>();
  private inferred = 0;
  /** Of exported pictures and masks. */
  private readonly size: Size;
  /** Why a segment could not be committed while the next one was under way. */
  private failure: MaskcastError | undefined;

  constructor(
    private readonly job: ProcessJob,
    private readonly parts: ProcessParts,
    private readonly file: RecordedFile,
    private readonly journal: Journal,
  ) {
    this.source = parts.openSource(job, file, resumePoint(file, journal));
    this.size = outputSize(file.size, job.longestSide);
    this.meter = new StreamMeter(job.path, systemClock, NO_OBSERVER);
    this.expected = expectedFrames(file, job.range, job.sampling);
    this.resumed = journal.frames;
  }

  async run(): Promise<ProcessReport> {
    const { source, journal, parts } = this;
    const stop = () => void source.close();
    parts.stop.addEventListener('abort', stop, { once: true });
    if (parts.stop.aborted) stop();
    let committing: Promise<void> = Promise.resolve();
    try {
      const frames = source.frames();
      for (let first = await this.next(frames); first; first = await this.next(frames)) {
        this.requireGoingOn();
        await this.begin(first);
        if (first.number < this.resumed) {
          first.pixels.release();
          continue;
        }
        const writer = await this.segment(first, frames);
        await committing;
        // Nobody commits this one any more: its encoders would wait for more frames for ever.
        if (this.failure || parts.stop.aborted) await writer.abort();
        this.requireGoingOn();
        // The encoders finish one segment while the network works on the next.
        committing = this.commit(writer);
      }
      await committing;
      this.requireGoingOn();
      await this.assemble();
    } catch (error) {
      // A terminal's Ctrl-C reaches every ffmpeg as well: what they fail with then is not the reason.
      await source.close();
      this.requireGoingOn();
      throw error;
    } finally {
      parts.stop.removeEventListener('abort', stop);
      await source.close();
      await committing;
      this.last?.pixels.release();
    }
    const { corrupt } = source.counts;
    const warnings = [...this.warnings, ...source.counts.warnings];
    const { taken, inferred, resumed } = this;
    const { range, sampling } = this.job;
    const lost = corrupt > 0 && !range && !sampling ? Math.max(0, this.file.packets - taken) : 0;
    return { frames: taken, inferred, resumed, segments: journal.segments.length, lost, corrupt, warnings };
  }

  private get taken(): number {
    return this.last ? this.last.number + 1 : 0;
  }

  private async next(frames: AsyncIterator<Frame, void>): Promise<Frame | undefined> {
    const { value: frame } = await frames.next();
    if (!frame) return undefined;
    frame.pixels.retain();
    this.last?.pixels.release();
    const { laps, twins, own } = clockOf(frame);
    this.rising &&= laps === 0 && twins === 0;
    if (own !== frame.pts.ticks) this.ownTicks.set(frame.number, own);
    this.last = frame;
    return frame;
  }

  /** The first frame tells what all outputs need to know. */
  private async begin(frame: Frame): Promise<void> {
    if (this.recording) return;
    const { file, job, parts, journal } = this;
    const { sampling, range } = job;
    this.recording = {
      ...{ tools: parts.tools, file, model: parts.segmenter.model, sampling, range, size: this.size },
      ...{ timeBase: frame.pts.timeBase, firstTicks: journal.segments[0]?.firstTicks ?? frame.pts.ticks },
      threads: ENCODER_THREADS,
      warn: (text) => this.warnings.push({ frame: 0, text }),
    };
    const { classes, ...look } = job.style;
    const style: OutputStyle = {
      ...look,
      classes: chosenClasses(parts.segmenter.model, classes),
      settings: { Policy: formatPolicy(job.policy), Smoothing: job.smoothing ? 'on' : 'off', ...askedFor(job) },
    };
    this.outputs = job.outputs.map((name) => createOutput(name, this.recording as Recording, style));
    const trial = await journal.result();
    for (const output of this.outputs) await output.prepare?.(trial, this.startAt(frame, 1), parts.stop);
    await this.requireSpace();
  }

  private startAt(first: Frame, maxFrames: number): SegmentStart {
    return { firstFrame: first.number, firstTicks: first.pts.ticks, clock: clockOf(first), maxFrames };
  }

  /** From `first` to the end of the segment or of the source. */
  private async segment(first: Frame, frames: AsyncIterator<Frame, void>): Promise<SegmentWriter> {
    const { job, parts } = this;
    const length = segmentLength(this.file, job.segmentFrames, first.number);
    const writer = await SegmentWriter.open(this.journal, this.outputs, this.startAt(first, length));
    const engine = new OrderedEngine(parts.openEngine(this.engineSettings()));
    try {
      await runFrameLoop({
        stream: job.path,
        source: stretch(
          this.source,
          this.framesOf({ first, length, rest: frames }, writer, () => engine.end()),
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

  private engineSettings(): EngineSettings {
    const { policy, smoothing, modelClasses = {} } = this.job;
    return { policy, smoothing, classes: classRules(modelClasses, this.parts.segmenter.model) };
  }

  private async *framesOf(
    { first, length, rest }: { first: Frame; length: number; rest: AsyncIterator<Frame, void> },
    writer: SegmentWriter,
    onEnd: () => void,
  ): AsyncGenerator<Frame, void, undefined> {
    try {
      yield { ...first, discontinuity: true };
      for (let count = 1; count < length; count++) {
        await writer.room();
        const frame = await this.next(rest);
        if (!frame) return;
        yield frame;
      }
    } finally {
      onEnd();
    }
  }

  private emit({ number, pts, mask }: SegmentedFrame, writer: SegmentWriter): void {
    if (mask.origin === 'inferred') this.inferred += 1;
    const ownTicks = this.ownTicks.get(number) ?? pts.ticks;
    this.ownTicks.delete(number);
    writer.add(maskedFrame({ number, pts, ownTicks, mask }, this.size));
    const { expected, resumed } = this;
    this.parts.onProgress({ frames: number + 1, resumed, expected, position: toSeconds(pts) - this.file.start });
  }

  /** Never rejects: the next step finds `failure`. */
  private async commit(writer: SegmentWriter): Promise<void> {
    const exact = this.rising && this.source.counts.corrupt === 0;
    const end = exact && this.last ? segmentEnd(this.last) : undefined;
    try {
      await writer.commit(end);
      await this.requireSpace();
    } catch (error) {
      this.failure = asMaskcastError(error);
      // Not awaited: who waits for frames is told at once.
      void this.source.close();
    }
  }

  /** @throws MaskcastError DISK_FULL where what is still to come will not fit */
  private async requireSpace(): Promise<void> {
    const { job, journal, outputs, expected } = this;
    if (job.ignoreSpace || journal.frames === 0) return;
    const left = Math.max(0, (expected ?? 0) - journal.frames);
    const linked = new Set(outputs.filter(({ links }) => links).map(({ name }) => name));
    await requireSpace(journal.folder, spaceNeeded(journal.segments, linked, left), left);
  }

  private requireGoingOn(): void {
    if (this.parts.stop.aborted) {
      const { frames } = this.journal;
      const kept = frames === 0 ? 'before the first segment was done' : `with ${frames} frames kept`;
      throw new MaskcastError('CLOSED', `stopped ${kept}`, { remedies: ['go-on'] });
    }
    if (this.failure) throw this.failure;
  }

  private async assemble(): Promise<void> {
    const { journal, source, outputs, parts } = this;
    const written = journal.frames;
    const { delivered } = source.counts;
    if (written !== delivered || this.taken !== delivered) {
      throw new MaskcastError('FRAME_COUNT_MISMATCH', `${delivered} frames were decoded and ${written} written`, {
        details: { decoded: delivered, written },
      });
    }
    if (written === 0) throw new MaskcastError('USAGE', 'there is no frame in the range that was asked for');
    const folder = await journal.result();
    for (const output of outputs) await output.assemble(journal.segments, folder, parts.stop);
    await journal.finish();
  }
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
