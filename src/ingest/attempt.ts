import type { Writable } from 'node:stream';
import { asMaskcastError, MaskcastError } from '../core/errors.js';
import type { FrameGeometry } from '../core/geometry.js';
import type { SourceSpec } from '../core/source.js';
import { type Milliseconds, ms, seconds, toSeconds } from '../core/time.js';
import { placeOf } from '../media/address/redact.js';
import { failureOf, sourceError } from '../media/classify.js';
import type { MediaFacts } from '../media/facts.js';
import { changeBetween, type GraphInput, type LogLine, parseGraphInput } from '../media/ffmpeg-log.js';
import { PictureCamera } from '../media/picture-camera/picture-camera.js';
import { frameGeometry, shownSize, turned } from '../media/picture-size.js';
import { probe } from '../media/probe.js';
import type { DecodedFrame } from './assembler.js';
import { Decoder, type DecoderEnd } from './decoder.js';
import { type DecodePlan, decodeCommand } from './ffmpeg-command.js';
import type { LiveOptions } from './options.js';
import { type PacedFrame, Pacer } from './pacer.js';
import type { Patience } from './patience.js';
import { feedPictures } from './picture-feed.js';
import { PixelPool } from './pixels.js';
import { CALM, type Restless } from './restless.js';

/** Planes that may be out downstream: one waits, one is filled, the pipeline and its engine hold the others. */
const PLANES = 12;
/** Frames of a recording that are decoded ahead: half a second at 25 fps, longer than ffmpeg takes to start. */
const LOOKAHEAD = 12;
const LOG_LINES = 50;

/** What one attempt leaves to the next. */
export interface SourceMemory {
  /** The last probe that led to frames, and what ffmpeg then decoded: a reconnect need not ask again. */
  known: { readonly probed: MediaFacts; readonly input: GraphInput | undefined } | undefined;
  /** What a probe has just found where decoding was then refused: for a camera with one connection, freed too late. Used once. */
  refused: MediaFacts | undefined;
  /** Number of the next frame. */
  nextNumber: number;
  /** Kept while the size stays: its memory is used again. */
  pool: { readonly planes: PixelPool; readonly bytes: number } | undefined;
  readonly patience: Patience;
  readonly restless: Restless;
}

/** A frame on its way out. */
export interface Arrival {
  readonly decoded: DecodedFrame;
  readonly number: number;
  readonly geometry: FrameGeometry;
  /** Nothing before this frame carries over to it. */
  readonly first: boolean;
  /** See MediaFacts.timed. */
  readonly timed: boolean;
}

export interface AttemptHooks {
  /** Owns the frame's pixels from here on. */
  readonly onFrame: (arrival: Arrival) => void;
  /** A frame was skipped because every plane is out. */
  readonly onSkipped: () => void;
  /** Size or shape have changed: the attempt is of no use any more. */
  readonly onChanged: (reason: MaskcastError) => void;
}

type Queued = Arrival & PacedFrame;

/**
 * One try at a live source: probe where needed, then decode until the source is lost. What arrives in bursts is shown in the
 * rhythm of its pts; a recording is repeated.
 *
 * In: a source. Out: frames, then one end. Always holds: when `ended` settles or `stop` resolves, no process, pipe or timer of
 * the attempt is left.
 */
export class Attempt {
  /** Resolves to the reason why it is over. Never rejects. */
  readonly ended: Promise<MaskcastError>;
  private readonly stopping = new AbortController();
  private stopReason: MaskcastError = new MaskcastError('CLOSED', 'the source was closed');
  /** What ffmpeg complained about since the last frame. */
  private readonly log: LogLine[] = [];
  private pacer: Pacer<Queued> | undefined;
  private input: GraphInput | undefined;
  private changed = false;
  private cancelCalm: (() => void) | undefined;

  constructor(
    private readonly source: SourceSpec,
    private readonly options: LiveOptions,
    private readonly memory: SourceMemory,
    private readonly hooks: AttemptHooks,
  ) {
    this.ended = this.run();
  }

  /** Whether frames wait for their time: no frame then does not mean that the source is silent. */
  get pacing(): boolean {
    return this.pacer !== undefined && !this.pacer.idle;
  }

  /** Idempotent; resolves when nothing is left. `reason`, where given, is what `ended` tells. */
  async stop(reason?: MaskcastError): Promise<void> {
    if (reason && !this.stopping.signal.aborted) this.stopReason = reason;
    this.stopping.abort();
    await this.ended;
  }

  private async run(): Promise<MaskcastError> {
    try {
      const { known, refused } = this.memory;
      const probed = known?.probed ?? refused ?? (await this.probe());
      this.memory.refused = undefined;
      this.memory.patience.knows(probed);
      if (arrivesInBursts(probed)) this.startPacer();
      const reason = await (probed.info.live ? this.decode(probed) : this.repeat(probed));
      if (!known && !refused && !this.memory.known && reason.code === 'CONNECTION_FAILED') this.memory.refused = probed;
      return reason;
    } catch (error) {
      return this.stopping.signal.aborted ? this.stopReason : asMaskcastError(error);
    } finally {
      await this.pacer?.close();
    }
  }

  private probe(): Promise<MediaFacts> {
    const { ffmpegPath, ffprobePath, clock, connectTimeout } = this.options;
    return probe(this.source, { ffmpegPath, ffprobePath, clock, connectTimeout, signal: this.stopping.signal });
  }

  private startPacer(): void {
    const pacer = new Pacer<Queued>(
      this.options.clock,
      LOOKAHEAD,
      (frame) => this.hooks.onFrame(frame),
      (frame) => frame.decoded.pixels.release(),
    );
    this.pacer = pacer;
    // Its next frame may be due in a minute, and until then ffmpeg would wait for room.
    this.stopping.signal.addEventListener('abort', () => void pacer.close(), { once: true });
  }

  /** Passes over a recording until one gives no frame. */
  private async repeat(probed: MediaFacts): Promise<MaskcastError> {
    for (;;) {
      const before = this.memory.nextNumber;
      const reason = await this.decode(probed);
      if (this.stopping.signal.aborted || this.memory.nextNumber === before) return reason;
    }
  }

  /** One ffmpeg from start to end. */
  private async decode(probed: MediaFacts): Promise<MaskcastError> {
    const { options, memory, pacer } = this;
    const signal = this.stopping.signal;
    if (signal.aborted) return this.stopReason;
    const geometry = frameGeometry(probed.info, options.pictureLongestSide, options.geometryFor);
    const bytes = geometry.analysis.width * geometry.analysis.height * 3;
    const pool = this.poolOf(geometry, bytes);
    const base = memory.nextNumber;
    let timedOut = false;
    let first = true;
    const decoder = new Decoder({
      ffmpegPath: options.ffmpegPath,
      clock: options.clock,
      frameBytes: bytes,
      pictures: options.pictures,
      invocation: decodeCommand(this.plan(probed, geometry)),
      acquire: async () => {
        const plane = pacer ? await pool.acquire(signal) : pool.tryAcquire();
        if (plane || signal.aborted) return plane;
        cancelDeadline();
        this.hooks.onSkipped();
        return undefined;
      },
      onLog: (line) => this.note(line, decoder, probed),
      ...(probed.pictures && { feed: (input, end) => this.feed(input, end) }),
      deliver: async (decoded) => {
        cancelDeadline();
        this.log.length = 0;
        if (this.changed || signal.aborted) return decoded.pixels.release();
        memory.known ??= { probed, input: this.input };
        const arrival = { decoded, number: base + decoded.index, geometry, first, timed: probed.timed };
        first = false;
        if (!pacer) return this.hooks.onFrame(arrival);
        const { pts, duration } = decoded.timing;
        const { num, den } = pts.timeBase;
        await pacer.push({ ...arrival, pts: toSeconds(pts), duration: seconds((duration * num) / den) });
      },
    });
    const deadline = memory.patience.first;
    const cancelDeadline = options.clock.after(deadline, () => {
      timedOut = true;
      void decoder.stop();
    });
    const stop = () => void decoder.stop();
    signal.addEventListener('abort', stop, { once: true });
    const ended = await decoder.ended;
    cancelDeadline();
    this.cancelCalm?.();
    signal.removeEventListener('abort', stop);
    memory.nextNumber = base + ended.frames;
    // What was true at the last probe may not be: the next attempt asks again.
    if (ended.frames === 0 && !this.changed) memory.known = undefined;
    return this.reasonFor(ended, timedOut ? deadline : undefined);
  }

  private async feed(input: Writable, signal: AbortSignal): Promise<void> {
    const { clock, connectTimeout, refresh } = this.options;
    if (this.source.kind !== 'http')
      throw new MaskcastError('INTERNAL', 'only HTTP cameras are read picture by picture');
    const camera = await PictureCamera.open(this.source, {
      ...{ clock, connectTimeout, signal },
      ...(refresh === undefined ? {} : { refresh }),
    });
    if (camera) return feedPictures(camera, input, clock, () => this.hooks.onSkipped());
    input.end();
    throw sourceError(this.source, 'SOURCE_ENDED', 'the camera sends no pictures any more');
  }

  private plan(probed: MediaFacts, geometry: FrameGeometry): DecodePlan {
    const { pictures, pictureQuality } = this.options;
    const { patience } = this.memory;
    return {
      source: this.source,
      input: {
        purpose: 'decode',
        fed: probed.pictures !== undefined,
        // What the probe has found need not be found again.
        brief: probed.info.live,
        patience: ms(Math.max(patience.first, patience.stall + patience.replace) + 5000),
      },
      stream: probed.stream,
      geometry,
      timeBase: probed.timeBase,
      interlaced: probed.interlaced,
      fieldOrder: probed.fieldOrder,
      live: probed.info.live,
      pictures,
      jpegQuality: pictureQuality,
      sampling: undefined,
      entry: undefined,
    };
  }

  private reasonFor(ended: DecoderEnd, timedOut: Milliseconds | undefined): MaskcastError {
    if (this.stopping.signal.aborted) return this.stopReason;
    if (timedOut !== undefined) {
      return sourceError(this.source, 'TIMEOUT', `no picture within ${timedOut / 1000} s`);
    }
    if (ended.error) return ended.error;
    return failureOf(this.source, this.log, ended.frames > 0 ? 'SOURCE_ENDED' : 'FFMPEG_FAILED');
  }

  private poolOf(geometry: FrameGeometry, bytes: number): PixelPool {
    const { memory } = this;
    if (memory.pool?.bytes !== bytes) {
      memory.pool = { bytes, planes: new PixelPool(geometry.analysis, PLANES + (this.pacer ? LOOKAHEAD : 0)) };
    }
    return memory.pool.planes;
  }

  private note(line: LogLine, decoder: Decoder, probed: MediaFacts): void {
    const input = parseGraphInput(line);
    if (input) this.compare(input, decoder, probed);
    if (line.level === 'info' || line.level === 'verbose' || line.level === 'debug') return;
    this.log.push(line);
    if (this.log.length > LOG_LINES) this.log.shift();
  }

  /**
   * The filter graph is built once a size: a second size within the attempt, or another than last time, is a change. A recording
   * would change back at its next beginning: its frames are fitted into the first size; so are those of a source that changes all the
   * time, until it keeps still.
   */
  private compare(input: GraphInput, decoder: Decoder, probed: MediaFacts): void {
    const before = this.input ?? this.memory.known?.input;
    this.input ??= input;
    const words = before && changeBetween(before, input);
    this.cancelCalm?.();
    if (words === undefined || this.changed || !probed.info.live) return;
    const change = () => this.change(input, words, decoder, probed);
    const { clock } = this.options;
    if (this.memory.restless.note(clock.now())) this.cancelCalm = clock.after(CALM, change);
    else change();
  }

  private change(input: GraphInput, words: string, decoder: Decoder, probed: MediaFacts): void {
    this.changed = true;
    this.memory.known = { probed: resized(probed, input), input };
    const reason = `${placeOf(this.source)}: ${words}`;
    this.hooks.onChanged(new MaskcastError('SOURCE_ENDED', reason, { retryable: true }));
    void decoder.stop();
  }
}

/** ffmpeg reads a file as fast as it can, and HLS a segment at a time; a camera sends when it sees. */
function arrivesInBursts({ info }: MediaFacts): boolean {
  return !info.live || info.container === 'hls';
}

/** What a probe would say now: asking would cost another connection. */
function resized(probed: MediaFacts, { size, sampleAspect }: GraphInput): MediaFacts {
  const { rotation } = probed.info;
  return {
    ...probed,
    coded: size,
    size: turned(size, rotation),
    info: { ...probed.info, ...shownSize(size, sampleAspect, rotation) },
  };
}
