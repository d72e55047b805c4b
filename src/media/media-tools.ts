import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { MaskcastError } from '../core/errors.js';
import { intoBackground } from '../flow/background.js';
import { diskFull } from '../flow/durable.js';

/** ffmpeg and ffprobe as the file outputs use them: started without a shell, their failures typed once, here. */

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
  private readonly child;
  private readonly input: Writable;
  private aborted = false;

  /** @param target what is being written, for error texts */
  constructor(tools: MediaTools, args: readonly string[], target: string) {
    this.child = spawn(tools.ffmpeg, [...QUIET, ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
    if (tools.background) intoBackground(this.child.pid);
    this.input = this.child.stdin;
    // A process that ends early says why through its exit; EPIPE only says that it ended.
    this.input.on('error', () => {});
    this.finished = settle(this.child, tools.ffmpeg, target, () => this.aborted);
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
    this.child.kill('SIGKILL');
    await this.finished.catch(() => {});
  }
}

/** Runs ffmpeg to its end. @throws MaskcastError DISK_FULL, FFMPEG_MISSING, FFMPEG_FAILED */
export async function runFfmpeg(
  tools: MediaTools,
  args: readonly string[],
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn(tools.ffmpeg, [...QUIET, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  if (tools.background) intoBackground(child.pid);
  const kill = () => child.kill('SIGKILL');
  if (signal?.aborted) kill();
  signal?.addEventListener('abort', kill, { once: true });
  try {
    await settle(child, tools.ffmpeg, target, () => signal?.aborted ?? false);
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** Runs a media tool and gives its standard output, chunk by chunk. @throws as `runFfmpeg` */
export async function* readTool(
  program: string,
  args: readonly string[],
  source: string,
): AsyncGenerator<string, void, undefined> {
  const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = settle(child, program, source, () => false);
  exit.catch(() => {});
  child.stdout.setEncoding('utf8');
  try {
    for await (const chunk of child.stdout) yield chunk as string;
    await exit;
  } finally {
    child.kill('SIGKILL');
  }
}

async function settle(child: ChildProcess, program: string, target: string, aborted: () => boolean): Promise<void> {
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
    lines.splice(0, Math.max(0, lines.length - KEPT_LINES));
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('close', (...end: [number | null, NodeJS.Signals | null]) => resolve(end));
    child.once('error', (error: NodeJS.ErrnoException) => reject(startError(program, error)));
  });
  if (code === 0) return;
  if (aborted()) throw new MaskcastError('CLOSED', `writing ${target} was stopped`);
  const said = lines.join('; ');
  if (signal === 'SIGXFSZ' || /No space left on device|Disk quota exceeded|File too large/.test(said))
    throw diskFull(target);
  throw new MaskcastError(
    'FFMPEG_FAILED',
    `${target}: ${program} ended with ${code ?? signal}: ${said || 'it said nothing'}`,
  );
}

function startError(program: string, cause: NodeJS.ErrnoException): MaskcastError {
  return cause.code === 'ENOENT'
    ? new MaskcastError('FFMPEG_MISSING', `"${program}" was not found: install ffmpeg 5 or newer, or name its path`, {
        cause,
      })
    : new MaskcastError('FFMPEG_FAILED', `"${program}" could not be started: ${cause.message}`, { cause });
}
