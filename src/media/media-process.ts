import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import { type Milliseconds, ms } from '../core/time.js';
import { intoBackground } from '../flow/background.js';

/** Where ffmpeg and ffprobe find the input script: see docs/decisions/0010. */
export const SCRIPT_FD = 5;

/**
 * How a process is asked to go. The first TERM lets ffmpeg say goodbye to the camera; while it is stuck in a read it takes
 * the second to interrupt it; one that is stopped, or hangs in a driver, only hears KILL.
 */
const STOP_STEPS: readonly { readonly after: Milliseconds; readonly signal: NodeJS.Signals }[] = [
  { after: ms(0), signal: 'SIGTERM' },
  { after: ms(250), signal: 'SIGTERM' },
  { after: ms(1500), signal: 'SIGKILL' },
];

export interface MediaProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Text for the descriptor SCRIPT_FD: it holds what the command line must not show. */
  readonly script: string | undefined;
  /** Which of the descriptors 1, 3 and 4 the process writes to. */
  readonly outputs: readonly (1 | 3 | 4)[];
  readonly clock: Clock;
  /** It comes after everything else that wants the CPU. */
  readonly background?: boolean;
}

export interface ProcessExit {
  /** Absent when a signal ended the process. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * One run of ffmpeg or ffprobe, started without a shell.
 *
 * Always holds: `exited` settles exactly once; when `stop()` resolves, the process is reaped and its pipes are closed.
 */
export class MediaProcess {
  /** Resolves when the process is gone and all its output is read or thrown away. @throws FFMPEG_MISSING, FFMPEG_FAILED */
  readonly exited: Promise<ProcessExit>;
  private readonly child: ChildProcess;
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: MediaProcessOptions) {
    const { program, args, script, outputs } = options;
    const pipe = (fd: 1 | 3 | 4) => (outputs.includes(fd) ? 'pipe' : 'ignore');
    this.child = spawn(program, [...args], {
      stdio: ['ignore', pipe(1), 'pipe', pipe(3), pipe(4), script === undefined ? 'ignore' : 'pipe'],
      shell: false,
      windowsHide: true,
    });
    if (options.background) intoBackground(this.child.pid);
    this.exited = this.watch();
    // Whoever needs the failure awaits `exited`; `stop()` alone must not end in an unhandled rejection.
    this.exited.catch(() => {});
    if (script !== undefined) this.feed(script);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  output(fd: 1 | 2 | 3 | 4): Readable {
    const stream = this.child.stdio[fd];
    if (!stream) throw new MaskcastError('INTERNAL', `descriptor ${fd} of ${this.options.program} is not a pipe`);
    return stream as Readable;
  }

  /** Idempotent; resolves when the process is gone. Its remaining output is thrown away. */
  stop(): Promise<void> {
    this.stopping ??= this.terminate();
    return this.stopping;
  }

  private async terminate(): Promise<void> {
    const gone = this.exited.then(
      () => {},
      () => {},
    );
    const cancels = STOP_STEPS.map(({ after, signal }) =>
      after === 0
        ? void this.child.kill(signal)
        : this.options.clock.after(after, () => {
            this.child.kill(signal);
          }),
    );
    // An ffmpeg that waits for somebody to read would never see the signal.
    for (const fd of [1, 3, 4]) this.child.stdio[fd]?.destroy();
    this.child.stderr?.resume();
    await gone;
    for (const cancel of cancels) cancel?.();
  }

  private async watch(): Promise<ProcessExit> {
    try {
      const [code, signal] = (await once(this.child, 'close')) as [number | null, NodeJS.Signals | null];
      return { code: code ?? undefined, signal: signal ?? undefined };
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      throw new MaskcastError(
        missing ? 'FFMPEG_MISSING' : 'FFMPEG_FAILED',
        missing
          ? `"${this.options.program}" was not found: install ffmpeg 5 or newer, or name its path`
          : `"${this.options.program}" could not be started: ${(cause as Error).message}`,
        { cause, retryable: !missing },
      );
    }
  }

  private feed(script: string): void {
    // Node's types know five descriptors only.
    const descriptors: readonly (Readable | Writable | null | undefined)[] = this.child.stdio;
    const stream = descriptors[SCRIPT_FD] as Writable | null | undefined;
    // The process may die before it reads the script; its exit says so better than EPIPE does.
    stream?.on('error', () => {});
    stream?.end(script);
  }
}
