import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { MaskcastError } from '../core/errors.js';
import { toolFailure } from './classify.js';
import { LineSplitter } from './lines.js';
import { MediaProcess } from './media-process.js';

/** ffmpeg and ffprobe at work on local files. */

export interface MediaTools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** What they do comes after everything else that wants the CPU. */
  readonly background?: boolean;
}

/** Local files and our own pipes: a playlist among the inputs can't make ffmpeg fetch anything else. */
export const LOCAL_ONLY = ['-protocol_whitelist', 'file,pipe'] as const;

/** What ffmpeg needs to take a path as nothing but a path. */
export const fileUrl = (path: string): string => `file:${path}`;

const QUIET = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-y'] as const;

/** Lines of stderr kept for the error text. */
const KEPT_LINES = 8;

/** One run of ffmpeg that is fed through its standard input. */
export class FeedingProcess {
  /** Resolves at exit code 0. @throws MaskcastError DISK_FULL, FFMPEG_MISSING, FFMPEG_FAILED */
  readonly finished: Promise<void>;
  private readonly process: MediaProcess;
  private readonly input: Writable;
  private aborted = false;

  /** @param target what is being written, for error texts */
  constructor({ ffmpeg, background }: MediaTools, args: readonly string[], target: string) {
    this.process = new MediaProcess({ program: ffmpeg, args: [...QUIET, ...args], fed: true, outputs: [], background });
    this.input = this.process.input;
    // A process that ends early says why through its exit; EPIPE only says that it ended.
    this.input.on('error', () => {});
    this.finished = settle(this.process, ffmpeg, target, () => this.aborted);
    this.finished.catch(() => {});
  }

  /** Resolves when ffmpeg has room for more: awaiting it is the backpressure. @throws what `finished` throws */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.input.destroyed) return this.finished;
    if (this.input.write(bytes)) return;
    await Promise.race([once(this.input, 'drain').catch(() => {}), this.finished]);
  }

  /** No more input comes. @throws what `finished` throws */
  async end(): Promise<void> {
    this.input.end();
    await this.finished;
  }

  /** Idempotent; resolves when the process is gone. */
  async abort(): Promise<void> {
    this.aborted = true;
    await this.process.kill();
    await this.finished.catch(() => {});
  }
}

/** Runs ffmpeg to its end. @throws MaskcastError DISK_FULL, FFMPEG_MISSING, FFMPEG_FAILED, CLOSED when `signal` aborts */
export async function runFfmpeg(
  { ffmpeg, background }: MediaTools,
  args: readonly string[],
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const process = new MediaProcess({ program: ffmpeg, args: [...QUIET, ...args], outputs: [], background });
  const kill = () => void process.kill();
  if (signal?.aborted) kill();
  signal?.addEventListener('abort', kill, { once: true });
  try {
    await settle(process, ffmpeg, target, () => signal?.aborted ?? false);
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** Runs a media tool and gives its standard output, chunk by chunk. @throws as `runFfmpeg` */
export async function* readTool(
  program: string,
  args: readonly string[],
  source: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const process = new MediaProcess({ program, args, outputs: [1] });
  const exit = settle(process, program, source, () => false);
  exit.catch(() => {});
  try {
    for await (const chunk of process.output(1)) yield chunk as Uint8Array;
    await exit;
  } finally {
    await process.kill();
  }
}

/** Waits for the end of a process that must end well. @throws what `exited` throws; `toolFailure`; CLOSED */
async function settle(process: MediaProcess, program: string, target: string, aborted: () => boolean): Promise<void> {
  const [lines, exit] = await Promise.all([lastLines(process), process.exited]);
  if (exit.code === 0) return;
  if (aborted()) throw new MaskcastError('CLOSED', `writing ${target} was stopped`);
  throw toolFailure(target, program, exit, lines);
}

async function lastLines(process: MediaProcess): Promise<readonly string[]> {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const keep = (more: readonly string[]) => {
    lines.push(...more.filter((line) => line.trim() !== ''));
    lines.splice(0, Math.max(0, lines.length - KEPT_LINES));
  };
  for await (const chunk of process.output(2)) keep(splitter.push(chunk as Uint8Array));
  keep(splitter.flush());
  return lines;
}
