import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { type Clock, systemClock } from '../core/clock.js';
import { isShortage, MaskcastError } from '../core/errors.js';
import { type Milliseconds, ms } from '../core/time.js';
import { intoBackground } from '../flow/background.js';

/** Where ffmpeg and ffprobe find the input script: see docs/decisions/sources/0010. */
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
  readonly script?: string | undefined;
  /** Whether we write to its descriptor 0. */
  readonly fed?: boolean;
  /** Which of the descriptors 1, 3 and 4 the process writes to. */
  readonly outputs: readonly (1 | 3 | 4)[];
  /** Times the steps of `stop()`. */
  readonly clock?: Clock;
  /** It comes after everything else that wants the CPU. */
  readonly background?: boolean | undefined;
}

export interface ProcessExit {
  /** Absent when a signal ended the process. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * One run of ffmpeg or ffprobe, started without a shell: the only place that starts one.
 *
 * Always holds: `exited` settles exactly once; when `stop()` or `kill()` resolves, the process is reaped and its pipes are
 * closed; a process that could not be started is one without input and output that has ended, and nothing is signalled.
 */
export class MediaProcess {
  /** Resolves when the process is gone and all its output is read or thrown away. @throws FFMPEG_MISSING, FFMPEG_FAILED */
  readonly exited: Promise<ProcessExit>;
  /** Absent where there is no process. Node's own object then lacks its pipes, and its `kill` would signal our whole group. */
  private readonly child: ChildProcess | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: MediaProcessOptions) {
    const { script, background } = options;
    const started = start(options);
    this.child = 'child' in started ? started.child : undefined;
    if (background) intoBackground(this.child?.pid);
    this.exited = 'child' in started ? ended(started.child) : started.failure.then((cause) => this.refuse(cause));
    // Whoever needs the failure awaits `exited`; `stop()` alone must not end in an unhandled rejection.
    this.exited.catch(() => {});
    if (script !== undefined) this.feed(script);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Where a process that is `fed` reads; what is written after its end is thrown away. */
  get input(): Writable {
    return this.child?.stdin ?? new Writable({ write: (_chunk, _encoding, done) => done() }).destroy();
  }

  output(fd: 1 | 2 | 3 | 4): Readable {
    if (!this.child) return Readable.from([]);
    const stream = this.child.stdio[fd];
    if (!stream) throw new MaskcastError('INTERNAL', `descriptor ${fd} of ${this.options.program} is not a pipe`);
    return stream as Readable;
  }

  /** Asks it to go, then makes it. Idempotent; resolves when the process is gone. Its remaining output is thrown away. */
  stop(): Promise<void> {
    this.stopping ??= this.terminate(STOP_STEPS);
    return this.stopping;
  }

  /** Makes it go at once: what it was writing is of no use. Idempotent; resolves when the process is gone. */
  kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    this.stopping ??= this.terminate([]);
    return this.stopping;
  }

  private async terminate(steps: typeof STOP_STEPS): Promise<void> {
    const { child } = this;
    const clock = this.options.clock ?? systemClock;
    const gone = this.exited.then(
      () => {},
      () => {},
    );
    const cancels = steps.map(({ after, signal }) =>
      after === 0 ? void child?.kill(signal) : clock.after(after, () => void child?.kill(signal)),
    );
    // An ffmpeg that waits for somebody to read would never see the signal.
    for (const fd of [1, 3, 4]) child?.stdio[fd]?.destroy();
    child?.stderr?.resume();
    await gone;
    for (const cancel of cancels) cancel?.();
  }

  private refuse(cause: NodeJS.ErrnoException): never {
    const { program } = this.options;
    if (cause.code === 'ENOENT') {
      const advice = 'install ffmpeg 5 or newer, or name its path';
      throw new MaskcastError('FFMPEG_MISSING', `"${program}" was not found: ${advice}`, { cause });
    }
    const why = isShortage(cause) ? `the machine has no room for it now (${cause.code})` : cause.message;
    throw new MaskcastError('FFMPEG_FAILED', `"${program}" could not be started: ${why}`, { cause, retryable: true });
  }

  private feed(script: string): void {
    // Node's types know five descriptors only.
    const descriptors: readonly (Readable | Writable | null | undefined)[] = this.child?.stdio ?? [];
    const stream = descriptors[SCRIPT_FD] as Writable | null | undefined;
    // The process may die before it reads the script; its exit says so better than EPIPE does.
    stream?.on('error', () => {});
    stream?.end(script);
  }
}

type Started = { readonly child: ChildProcess } | { readonly failure: Promise<NodeJS.ErrnoException> };

/** Node tells some failures by an exception, others by an event of an object that is no process. */
function start({ program, args, script, fed, outputs }: MediaProcessOptions): Started {
  const pipe = (fd: 1 | 3 | 4) => (outputs.includes(fd) ? 'pipe' : 'ignore');
  const input = fed ? 'pipe' : 'ignore';
  try {
    const child = spawn(program, [...args], {
      stdio: [input, pipe(1), 'pipe', pipe(3), pipe(4), script === undefined ? 'ignore' : 'pipe'],
      shell: false,
      windowsHide: true,
    });
    if (child.pid !== undefined) return { child };
    for (const stream of child.stdio ?? []) stream?.destroy();
    return { failure: once(child, 'error').then(([error]) => error as NodeJS.ErrnoException) };
  } catch (error) {
    return { failure: Promise.resolve(error as NodeJS.ErrnoException) };
  }
}

function ended(child: ChildProcess): Promise<ProcessExit> {
  // A signal that could not be sent: the process goes on, and so does the wait.
  child.on('error', () => {});
  return new Promise((resolve) => {
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined }),
    );
  });
}
