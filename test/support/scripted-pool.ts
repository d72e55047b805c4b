import { expect } from 'vitest';
import { MaskcastError } from '../../src/core/errors.js';
import { ms } from '../../src/core/time.js';
import { parseManifest } from '../../src/inference/manifest.js';
import { InferencePool } from '../../src/inference/pool.js';
import type { RunRequest, RunTimes } from '../../src/inference/session-protocol.js';
import type { SessionLink } from '../../src/inference/session-slot.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { ManualClock, settle } from './fakes/manual-clock.js';
import { type TestFrame, testFrame } from './media/frames.js';

/** A pool whose session workers give the answers that a test tells them to, on a clock that the test turns. */

/** A session worker whose answers the test gives. */
export class ScriptedSession {
  /** Runs under way: at most one, or the pool is wrong. */
  readonly runs: { readonly first: number; readonly finish: () => void; readonly fail: (error: Error) => void }[] = [];
  released = false;
  closed = false;
  /** Where the pool has given the thread up: lets it end after all. */
  vanish: (() => void) | undefined;
  private lost: ((error: MaskcastError) => void) | undefined;
  private rejectRun: ((error: Error) => void) | undefined;

  constructor(
    private readonly openError: MaskcastError | undefined,
    private readonly times: () => RunTimes,
  ) {}

  readonly link = {
    call: (method: string, argument: unknown) => {
      if (method === 'open') return this.openError ? Promise.reject(this.openError) : Promise.resolve(this.times());
      if (method === 'run') return this.run(argument as RunRequest);
      this.released = true;
      return Promise.resolve();
    },
    onLost: (listener: (error: MaskcastError) => void) => {
      this.lost = listener;
      return () => {};
    },
    close: async () => {
      await settle();
      this.closed = true;
    },
    abandon: (reason: MaskcastError) => {
      this.rejectRun?.(reason);
      return new Promise<void>((resolve) => {
        this.vanish = resolve;
      });
    },
  } as unknown as SessionLink;

  die(): void {
    const error = new MaskcastError('WORKER_LOST', 'the worker died', { retryable: true });
    this.rejectRun?.(error);
    this.lost?.(error);
  }

  private run(request: RunRequest) {
    expect(this.runs).toHaveLength(0);
    return new Promise((resolve, reject) => {
      this.rejectRun = reject;
      this.runs.push({
        // The first byte of a plane is its frame's number: see `frame`.
        first: new Uint8Array(request.pixels)[0] as number,
        finish: () => {
          this.runs.pop();
          resolve(this.times());
        },
        fail: (error) => {
          this.runs.pop();
          reject(error);
        },
      });
    });
  }
}

const manifest = parseManifest(
  {
    name: 'scripted',
    task: 'semantic-segmentation',
    sha256: '0'.repeat(64),
    input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic', multipleOf: 8 } },
    output: { tensor: 'logits', kind: 'logits', stride: 4 },
    classes: [
      { id: 0, name: 'other', color: [0, 0, 0] },
      { id: 1, name: 'person', color: [220, 20, 60] },
    ],
    licence: 'none',
    data: 'none',
  },
  'test',
);

export const size = { width: 16, height: 8 };
export const frame = (number: number): TestFrame => testFrame({ number, analysis: size, color: () => [number, 0, 0] });

export class ScriptedPool {
  clock = new ManualClock();
  sessions: ScriptedSession[] = [];
  /** Errors that the next sessions refuse to open with. */
  refusals: MaskcastError[] = [];
  times: RunTimes = { prepare: ms(1), network: ms(10), finish: ms(2) };
  private current: InferencePool | undefined;

  /** Not started. */
  make(workers: number): InferencePool {
    this.current = new InferencePool({
      manifest,
      longestSide: undefined,
      finestStride: 4,
      workers,
      slot: (index) => ({
        name: `test-${index}`,
        spawn: () => {
          const session = new ScriptedSession(this.refusals.shift(), () => this.times);
          this.sessions.push(session);
          return session.link;
        },
        open: { manifest, probe: size, finestStride: 4 },
        clock: this.clock,
        logger: silentLogger,
      }),
    });
    return this.current;
  }

  async start(workers: number): Promise<InferencePool> {
    const pool = this.make(workers);
    await pool.start();
    return pool;
  }

  session(index: number): ScriptedSession {
    return this.sessions[index] as ScriptedSession;
  }

  /** The number of the frame that a session has now. */
  running(index: number): number | undefined {
    return this.session(index).runs[0]?.first;
  }

  async finish(index: number): Promise<void> {
    this.session(index).runs[0]?.finish();
    await settle();
  }
}
