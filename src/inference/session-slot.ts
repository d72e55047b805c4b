import type { Clock } from '../core/clock.js';
import { asMaskcastError, MaskcastError } from '../core/errors.js';
import type { EngineInfo } from '../core/model.js';
import { type Milliseconds, ms } from '../core/time.js';
import { Backoff } from '../flow/backoff.js';
import type { WorkerLink } from '../flow/worker-link.js';
import type { Logger } from '../telemetry/logger.js';
import type { OpenReport, OpenRequest, RunRequest, RunTimes, SessionMethods } from './session-protocol.js';

/** The part of a worker's link that a slot uses. */
export type SessionLink = Pick<WorkerLink<SessionMethods>, 'call' | 'onLost' | 'close' | 'abandon'>;

/**
 * opening → ready ⇄ busy; down (waits for its restart) → opening; stuck (a run or the opening never ends; its thread can't be ended,
 * and another one would only take more of the CPU) → down when the thread is gone after all; closed at last.
 */
export type SlotState = 'opening' | 'ready' | 'busy' | 'down' | 'stuck' | 'closed';

/** A run that takes longer counts as one that never ends; of slow networks, so many times their first run. */
const RUN_DEADLINE = ms(20_000);
const RUNS_PATIENCE = 5;
/** The same for loading a network and its first run, */
const OPEN_DEADLINE = ms(120_000);
/** and for a run that is under way when the slot is closed. */
const CLOSE_PATIENCE = ms(5000);

export interface SlotOptions {
  readonly name: string;
  /** Starts a thread with a session; called again after a loss. */
  readonly spawn: () => SessionLink;
  readonly open: OpenRequest;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The slot can run. */
  readonly onReady: () => void;
  /** The slot is of no use for now: a restart did not succeed and another one is scheduled, or it is stuck. */
  readonly onFailed: (error: MaskcastError) => void;
}

/**
 * One place in the pool: a session worker, and its successor when it dies. Always holds: at most one run at a time, and every run
 * settles within its deadline; a lost worker is replaced with backoff until the slot is closed.
 */
export class SessionSlot {
  private link: SessionLink | undefined;
  private current: SlotState = 'opening';
  private running: Promise<unknown> | undefined;
  private cancelRestart: (() => void) | undefined;
  private readonly backoff = new Backoff({ initial: ms(200), cap: ms(30_000) });
  private restarted = 0;
  private opened: OpenReport | undefined;
  private deadline: Milliseconds = RUN_DEADLINE;

  constructor(private readonly options: SlotOptions) {}

  get state(): SlotState {
    return this.current;
  }

  /** What runs the network; absent before the first start. */
  get engine(): EngineInfo | undefined {
    return this.opened?.engine;
  }

  get restarts(): number {
    return this.restarted;
  }

  /** The first start. @throws what the worker's `open` throws; the slot is closed then */
  async start(): Promise<void> {
    try {
      await this.openWorker();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** @throws MaskcastError INFERENCE_FAILED; WORKER_LOST; TIMEOUT; CLOSED */
  async run(request: RunRequest): Promise<RunTimes> {
    if (this.current !== 'ready' || !this.link) {
      throw new MaskcastError('INTERNAL', `slot ${this.options.name} is ${this.current}, not ready`);
    }
    this.current = 'busy';
    const running = this.within(this.deadline, this.link, 'a run', this.link.call('run', request));
    this.running = running.catch(() => {});
    const times = await running.finally(() => {
      if (this.current === 'busy') this.current = 'ready';
    });
    this.backoff.reset();
    return times;
  }

  /** Idempotent. Lets a run under way end, for a while: a thread is not to be torn out of native code. */
  async close(): Promise<void> {
    this.current = 'closed';
    this.cancelRestart?.();
    const cancel = this.options.clock.after(CLOSE_PATIENCE, () => {
      if (this.link) this.giveUp(this.link, new MaskcastError('CLOSED', 'the inference pool was closed'));
    });
    await this.running;
    cancel();
    const link = this.link;
    this.link = undefined;
    await link?.call('release', undefined).catch(() => {});
    await link?.close();
  }

  private async openWorker(): Promise<void> {
    this.current = 'opening';
    const link = this.options.spawn();
    this.link = link;
    let lost: MaskcastError | undefined;
    link.onLost((error) => {
      lost = error;
      if (this.current === 'ready' || this.current === 'busy') this.lose(error);
    });
    const opening = this.within(OPEN_DEADLINE, link, 'loading it', link.call('open', this.options.open));
    this.running = opening.catch(() => {});
    this.opened = await opening;
    if (lost) throw lost;
    this.deadline = ms(Math.max(RUN_DEADLINE, RUNS_PATIENCE * this.opened.network));
    if (this.isClosed()) throw new MaskcastError('CLOSED', 'the inference pool was closed');
    this.current = 'ready';
    this.options.onReady();
  }

  /** What `work` gives, or TIMEOUT after `limit`: the slot is stuck then. */
  private within<T>(limit: Milliseconds, link: SessionLink, what: string, work: Promise<T>): Promise<T> {
    const { clock } = this.options;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(limit, () => {
        const text = `network ${this.options.open.manifest.name}: ${what} has not ended within ${limit / 1000} s`;
        const error = new MaskcastError('TIMEOUT', text, { retryable: true });
        this.giveUp(link, error);
        reject(error);
      });
      work.then(resolve, reject).finally(cancel);
    });
  }

  private giveUp(link: SessionLink, error: MaskcastError): void {
    this.options.logger.error({ worker: this.options.name, err: error }, 'inference worker is stuck');
    this.link = undefined;
    const gone = link.abandon(error);
    if (this.isClosed()) return;
    this.current = 'stuck';
    void gone.then(() => {
      if (this.current === 'stuck') this.lose(error);
    });
    this.options.onFailed(error);
  }

  private lose(error: MaskcastError): void {
    this.current = 'down';
    this.restarted += 1;
    const delay = this.backoff.next();
    this.options.logger.warn({ worker: this.options.name, err: error, delay }, 'inference worker lost, restarting');
    this.cancelRestart = this.options.clock.after(delay, () => void this.restart());
  }

  private async restart(): Promise<void> {
    const link = this.link;
    try {
      await link?.close();
      if (this.isClosed()) return;
      await this.openWorker();
      this.options.logger.info({ worker: this.options.name }, 'inference worker restarted');
    } catch (error) {
      if (this.isClosed()) return;
      const failure = asMaskcastError(error);
      if (this.current === 'stuck') return;
      this.lose(failure);
      this.options.onFailed(failure);
    }
  }

  /** A method, since the compiler takes `current` for unchanged across an await. */
  private isClosed(): boolean {
    return this.current === 'closed';
  }
}
