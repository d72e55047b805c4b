import { MaskcastError, toErrorRecord } from '../core/errors.js';
import type { Frame, SourceClock } from '../core/frame.js';
import type { FrameGeometry } from '../core/geometry.js';
import type { FrameSource } from '../core/ports.js';
import type { SourceSpec } from '../core/source.js';
import { bareStatus, type StreamState, type StreamStatus } from '../core/stream.js';
import { ticksFrom } from '../core/time.js';
import { Listeners } from '../flow/listeners.js';
import { BoundedQueue } from '../flow/queue.js';
import { scrubber } from '../media/address/redact.js';
import { failureOf, isDamage, sourceError } from '../media/classify.js';
import { changeBetween, type GraphInput, type LogLine, parseGraphInput, parseOtherSize } from '../media/ffmpeg-log.js';
import { frameGeometry } from '../media/picture-size.js';
import { probe } from '../media/probe.js';
import { lapOf, RisingClock } from '../media/rising-clock.js';
import { seekPositions } from '../media/seek.js';
import type { Entry, ResumePoint } from '../media/selection.js';
import type { DecodedFrame } from './assembler.js';
import { Decoder, type DecoderEnd } from './decoder.js';
import { decodeCommand, type FfmpegInvocation } from './ffmpeg-command.js';
import type { RecordedOptions } from './options.js';
import { PixelPool, pixelDigest } from './pixels.js';

/** Frames that wait for the consumer: enough to keep ffmpeg busy while one frame takes long. */
const QUEUE_FRAMES = 4;
/** Planes that may be out: the queue, one being filled, and what the pipeline holds. */
const PLANES = 16;
/** Damage is counted without end, but described only this many times. */
const MAX_WARNINGS = 100;

/** What ffmpeg says of each picture of another size. */
const SIZE_CHANGED = 'Changing video frame properties';

/** What became of a recording so far. */
export interface RecordingCounts {
  /** Frames that ffmpeg decoded and sent, before `range` cut the end off; those before a resume point included. */
  readonly decoded: number;
  /** Frames that the consumer got or will get, or has got in an earlier run. */
  readonly delivered: number;
  /** Times that ffmpeg complained about damaged data. */
  readonly corrupt: number;
  /** The first complaints and changes of size, each with the number of the frame that came out last when it was made. */
  readonly warnings: readonly { readonly frame: number; readonly text: string }[];
}

/**
 * A recording, every frame once, at the consumer's pace.
 *
 * In: a source with an end. Out: all its frames in order. Always holds: nothing is dropped; while the consumer is busy, ffmpeg
 * waits; damaged data costs the frames that it hits and is counted, never the rest of the file.
 */
export class RecordedSource implements FrameSource {
  readonly dropped = 0;
  private readonly queue = new BoundedQueue<Frame>(QUEUE_FRAMES, { kind: 'wait' }, (frame) => frame.pixels.release());
  private readonly listeners = new Listeners<StreamStatus>();
  private readonly closing = new AbortController();
  private current: StreamStatus;
  private running: Promise<void> | undefined;
  private facts: RecordedOptions['facts'];
  private delivered = 0;
  private decoded = 0;
  private corrupt = 0;
  private input: GraphInput | undefined;
  private laps = 0;
  private twins = false;
  private readonly scrub: (text: string) => string;
  private readonly warnings: { frame: number; text: string }[] = [];

  constructor(
    private readonly source: SourceSpec,
    private readonly options: RecordedOptions,
  ) {
    this.scrub = scrubber(source);
    this.facts = options.facts;
    this.current = bareStatus('connecting', options.clock.wall());
  }

  get status(): StreamStatus {
    return this.current;
  }

  get counts(): RecordingCounts {
    const { decoded, delivered, corrupt, warnings } = this;
    return { decoded, delivered, corrupt, warnings };
  }

  onStatus(listener: (status: StreamStatus) => void): () => void {
    return this.listeners.add(listener);
  }

  /** Starts decoding. Leaving the iteration early closes the source. @throws the typed reason why it cannot be read */
  async *frames(): AsyncGenerator<Frame, void, undefined> {
    this.running ??= this.run();
    try {
      yield* this.queue;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.queue.close();
    await this.running;
    if (this.current.state !== 'failed' && this.current.state !== 'stopped') this.become('stopped');
  }

  /** Never rejects: what goes wrong reaches the consumer through the queue. */
  private async run(): Promise<void> {
    try {
      const { resume, loop } = this.options;
      this.facts ??= await probe(this.source, { ...this.options, signal: this.closing.signal });
      if (!resume || !(await this.resumed(resume))) {
        do await this.whole(this.facts);
        while (loop && !this.closing.signal.aborted);
      }
      this.queue.end();
    } catch (error) {
      if (this.closing.signal.aborted) return;
      const failure =
        error instanceof MaskcastError ? error : new MaskcastError('INTERNAL', String(error), { cause: error });
      this.become('failed', failure);
      this.queue.fail(failure);
    }
  }

  /** From the resume point to the end; false where the seek did not lead there, with nothing delivered. */
  private async resumed(resume: ResumePoint): Promise<boolean> {
    this.delivered = resume.number;
    this.decoded = resume.number;
    if (await this.pass({ resume })) return true;
    this.forget();
    return this.closing.signal.aborted;
  }

  /** All that was asked for, from its first frame to its last. */
  private async whole(facts: NonNullable<RecordedOptions['facts']>): Promise<void> {
    const from = this.options.range?.from;
    if (from === undefined) return void (await this.pass({}));
    const time = facts.start + from;
    const ticks = ticksFrom(time, facts.timeBase);
    for (const seek of seekPositions(facts, time)) {
      // Where the clock has jumped, only who has seen the frames before knows what time it is.
      const proof = seek > 0 || (facts.jumps ?? 0) > 0;
      if (await this.pass({ entry: { ticks, seek, proof } })) return;
      this.forget();
    }
  }

  /** Of a pass that gave nothing. */
  private forget(): void {
    this.delivered = 0;
    this.decoded = 0;
    this.corrupt = 0;
    this.warnings.length = 0;
    this.input = undefined;
    this.laps = 0;
    this.twins = false;
  }

  /** The file once, to its end; false where a seek led elsewhere than to the frame that has to come first. */
  private async pass({ resume, entry }: { readonly resume?: ResumePoint; readonly entry?: Entry }): Promise<boolean> {
    const { options } = this;
    const facts = this.facts as NonNullable<RecordedOptions['facts']>;
    const signal = this.closing.signal;
    const { timeBase } = facts;
    const geometry = frameGeometry(facts.info, options.pictureLongestSide, options.geometryFor);
    const pool = new PixelPool(geometry.analysis, PLANES);
    const clock = new RisingClock(lapOf(facts), timeBase, resume?.step);
    const { to } = options.range ?? {};
    const end = to === undefined ? Infinity : ticksFrom(facts.start + to, timeBase);
    const log: LogLine[] = [];
    let first = true;
    let [before, reachedEnd, elsewhere] = [false, false, false];
    const decoder = new Decoder({
      ffmpegPath: options.ffmpegPath,
      clock: options.clock,
      background: options.background ?? false,
      invocation: this.invocation(facts, geometry, resume, entry),
      frameBytes: geometry.analysis.width * geometry.analysis.height * 3,
      pictures: options.pictures,
      acquire: () => pool.acquire(signal),
      onLog: (line) => this.note(line, log),
      deliver: async (decoded) => {
        const time = clock.next(decoded.timing.pts.ticks);
        const early = first && entry !== undefined && time.ticks < entry.ticks;
        before ||= early;
        elsewhere ||= first && !early && (resume ? !isFrame(resume, decoded) : (entry?.seek ?? 0) > 0 && !before);
        if (!elsewhere && !early) {
          this.decoded += 1;
          reachedEnd ||= time.ticks >= end;
        }
        if (elsewhere || reachedEnd) void decoder.stop();
        if (elsewhere || reachedEnd || early) return decoded.pixels.release();
        const discontinuity = first;
        first = false;
        await this.deliver(decoded, time, geometry, discontinuity);
      },
    });
    const stop = () => void decoder.stop();
    signal.addEventListener('abort', stop, { once: true });
    const ended = await decoder.ended;
    signal.removeEventListener('abort', stop);
    const sought = resume !== undefined || (entry?.seek ?? 0) > 0;
    // A seek behind the last key frame gives nothing at all.
    if (elsewhere || (sought && first && !before && !reachedEnd && !signal.aborted)) return false;
    if (!signal.aborted && !reachedEnd) this.judge(ended, log, first);
    return true;
  }

  private invocation(
    facts: NonNullable<RecordedOptions['facts']>,
    geometry: FrameGeometry,
    resume: ResumePoint | undefined,
    entry: Entry | undefined,
  ): FfmpegInvocation {
    const { source, options } = this;
    const { stream, timeBase, interlaced, fieldOrder, size, clockAsWritten, toneMapping = [] } = facts;
    return decodeCommand({
      ...{ source, stream, geometry, timeBase, interlaced, fieldOrder, resume, entry },
      input: { purpose: 'decode', patience: options.connectTimeout },
      live: false,
      recorded: { lap: lapOf(facts), size, clockAsWritten, toneMapping },
      pictures: options.pictures,
      jpegQuality: options.pictureQuality,
      sampling: options.sampling,
    });
  }

  private async deliver(
    { timing, jpeg, pixels }: DecodedFrame,
    clock: SourceClock,
    geometry: FrameGeometry,
    discontinuity: boolean,
  ): Promise<void> {
    const capturedAt = this.options.clock.wall();
    if (this.current.state !== 'live') this.become('live');
    this.current = { ...this.current, lastFrameAt: capturedAt };
    const number = this.delivered++;
    this.watchClock(clock);
    const pts = { ...timing.pts, ticks: clock.ticks };
    await this.queue.push({ number, pts, clock, capturedAt, discontinuity, geometry, jpeg, pixels });
  }

  /** Says when the source's clock doesn't rise. */
  private watchClock({ laps, twins }: SourceClock): void {
    if (laps > this.laps) this.warn('the clock of the recording jumps back; times go on without a jump');
    if (twins > 0 && !this.twins) this.warn('two frames have the same time; the later one gets a tick more');
    this.laps = laps;
    this.twins ||= twins > 0;
  }

  private note(line: LogLine, log: LogLine[]): void {
    const input = parseGraphInput(line);
    if (input) this.compare(input);
    const other = parseOtherSize(line);
    if (other && this.input) this.compare({ ...this.input, size: other });
    if (line.text.startsWith(SIZE_CHANGED)) return;
    if (line.level === 'info' || line.level === 'verbose' || line.level === 'debug') return;
    log.push(line);
    if (log.length > 50) log.shift();
    if (!isDamage(line)) return;
    this.corrupt += 1;
    this.warn(line.text);
  }

  /** Frames of another size are fitted into the first one's, which every result of the file is made for. */
  private compare(input: GraphInput): void {
    const words = this.input && changeBetween(this.input, input);
    this.input = input;
    if (words) this.warn(`${words}; it is stretched to the size that the file began with`);
  }

  private warn(text: string): void {
    if (this.warnings.length >= MAX_WARNINGS) return;
    this.warnings.push({ frame: Math.max(0, this.delivered - 1), text: this.scrub(text) });
  }

  /** Damage costs frames and is counted; an ffmpeg that did not reach the end must not look like one that did. */
  private judge(ended: DecoderEnd, log: readonly LogLine[], empty: boolean): void {
    if (ended.error) throw ended.error;
    const { exit } = ended;
    if (exit?.signal) {
      throw sourceError(this.source, 'FFMPEG_FAILED', `killed by ${exit.signal} after ${this.delivered} frames`);
    }
    if (exit?.code !== 0) throw failureOf(this.source, log, 'FFMPEG_FAILED');
    if (empty && !this.options.range) throw failureOf(this.source, log, 'CORRUPT');
  }

  private become(state: StreamState, failure?: MaskcastError): void {
    this.current = {
      ...this.current,
      state,
      since: this.options.clock.wall(),
      reason: failure && toErrorRecord(failure),
    };
    this.listeners.emit(this.current);
  }
}

const isFrame = ({ pts, pixels }: ResumePoint, { timing, pixels: found }: DecodedFrame): boolean =>
  timing.pts.ticks === pts.ticks && pixelDigest(found.data) === pixels;
