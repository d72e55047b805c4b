import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../core/clock.js';
import { asMaskcastError, type MaskcastError } from '../core/errors.js';
import type { PixelLease } from '../core/frame.js';
import { type LogLine, parseLogLine } from '../media/ffmpeg-log.js';
import { LineSplitter } from '../media/lines.js';
import { MediaProcess, type ProcessExit } from '../media/media-process.js';
import { type DecodedFrame, FrameAssembler } from './assembler.js';
import type { FfmpegInvocation } from './ffmpeg-command.js';
import { MpjpegSplitter } from './mpjpeg.js';
import { PixelFiller } from './pixels.js';
import { TimingParser } from './timing.js';

export interface DecoderOptions {
  readonly ffmpegPath: string;
  readonly invocation: FfmpegInvocation;
  /** Bytes of one RGB plane. */
  readonly frameBytes: number;
  readonly pictures: boolean;
  readonly clock: Clock;
  /** See MediaProcessOptions. */
  readonly background?: boolean;
  /** A plane for the next frame, or none, which skips the frame. Awaiting it is the backpressure. */
  readonly acquire: () => Promise<PixelLease | undefined>;
  /** Gets each frame in order and owns its pixels. The next frame's pixels are read when the promise resolves. */
  readonly deliver: (frame: DecodedFrame) => Promise<void>;
  readonly onLog: (line: LogLine) => void;
  /** Writes what ffmpeg reads, where the invocation is fed, until `signal` aborts. Why it ends is why the decoding does. */
  readonly feed?: (input: Writable, signal: AbortSignal) => Promise<void>;
}

export interface DecoderEnd {
  /** Absent when ffmpeg could not be started, or its output could not be read: see `error`. */
  readonly exit: ProcessExit | undefined;
  readonly error: MaskcastError | undefined;
  /** Frames that were whole, skipped ones included. */
  readonly frames: number;
  /** Frames of which an output was missing when ffmpeg ended. */
  readonly incomplete: number;
  /** Frames skipped for want of a plane. */
  readonly skipped: number;
}

/**
 * One ffmpeg process as a series of whole frames.
 *
 * In: an ffmpeg invocation. Out: frames in order, log lines, one end. Always holds: only the pixel output is ever left
 * unread; pictures and timings are read at once, so that ffmpeg, which stops when one output is full, can always finish a
 * frame that it has begun, and no wait can become a deadlock. How far they run ahead is bounded by ffmpeg's own queues.
 */
export class Decoder {
  /** Resolves when the process is gone and every frame is delivered. Never rejects. */
  readonly ended: Promise<DecoderEnd>;
  private readonly process: MediaProcess;
  private readonly assembler: FrameAssembler;
  private readonly filler: PixelFiller;
  private readonly ending = new AbortController();
  private pressure: Promise<void> = Promise.resolve();

  constructor(private readonly options: DecoderOptions) {
    const { pictures, invocation } = options;
    this.process = new MediaProcess({
      program: options.ffmpegPath,
      args: invocation.args,
      script: invocation.script,
      fed: invocation.fed,
      outputs: pictures ? [1, 3, 4] : [3, 4],
      clock: options.clock,
      background: options.background ?? false,
    });
    this.filler = new PixelFiller(options.frameBytes);
    this.assembler = new FrameAssembler(pictures, (frame) => {
      this.pressure = options.deliver(frame);
    });
    this.ended = this.run();
  }

  /** Idempotent; resolves when the process is gone. Frames that are not whole yet are dropped. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.process.stop();
    await this.ended;
  }

  private async run(): Promise<DecoderEnd> {
    const pumps = [this.readPixels(), this.readTimings(), this.readLog()];
    if (this.options.pictures) pumps.push(this.readPictures());
    const fed = Promise.allSettled([this.options.feed?.(this.process.input, this.ending.signal)]);
    const results = await Promise.allSettled(pumps);
    const [exit] = await Promise.allSettled([this.process.exited]);
    this.ending.abort();
    results.push(...(await fed));
    this.filler.close();
    const incomplete = this.assembler.close();
    const failed = [exit, ...results].find((result) => result.status === 'rejected');
    return {
      exit: exit.status === 'fulfilled' ? exit.value : undefined,
      error: failed && asMaskcastError(failed.reason, 'FFMPEG_FAILED'),
      frames: this.assembler.count,
      incomplete,
      skipped: this.assembler.skipped,
    };
  }

  private async readPixels(): Promise<void> {
    const acquire = async () => {
      await this.pressure;
      return this.options.acquire();
    };
    await this.read(3, (chunk) => this.filler.push(chunk, acquire, (plane) => this.assembler.plane(plane)));
  }

  private readPictures(): Promise<void> {
    const splitter = new MpjpegSplitter();
    return this.read(1, (chunk) => {
      for (const jpeg of splitter.push(chunk)) this.assembler.picture(jpeg);
    });
  }

  private readTimings(): Promise<void> {
    const parser = new TimingParser();
    return this.read(4, (chunk) => {
      for (const timing of parser.push(chunk)) this.assembler.timing(timing);
    });
  }

  private async readLog(): Promise<void> {
    const splitter = new LineSplitter();
    const say = (lines: string[]) => {
      for (const line of lines) this.options.onLog(parseLogLine(line));
    };
    await this.read(2, (chunk) => say(splitter.push(chunk)));
    say(splitter.flush());
  }

  /** Reads one output to its end. Output that cannot be read, or a consumer that fails, ends the process. */
  private async read(fd: 1 | 2 | 3 | 4, take: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
    const stream: Readable = this.process.output(fd);
    try {
      for await (const chunk of stream) await take(chunk as Uint8Array);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return; // stopped
      void this.process.stop();
      throw error;
    }
  }
}
