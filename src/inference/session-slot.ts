import type { Clock } from '../core/clock.js';
import { asMaskcastError, MaskcastError } from '../core/errors.js';
import { ms } from '../core/time.js';
import { Backoff } from '../flow/backoff.js';
import type { WorkerLink } from '../flow/worker-link.js';
import type { Logger } from '../telemetry/logger.js';
import type { OpenRequest, RunRequest, RunTimes, SessionMethods } from './session-protocol.js';

/** The part of a worker's link that a slot uses. */
export type SessionLink = Pick<WorkerLink<SessionMethods>, 'call' | 'onLost' | 'close'>;

/** opening → ready ⇄ busy; down (waits for its restart) → opening; closed at last. */
export type SlotState = 'opening' | 'ready' | 'busy' | 'down' | 'closed';

export interface SlotOptions {
  readonly name: string;
  /** Starts a thread with a session; called again after a loss. */
  readonly spawn: () => SessionLink;
  readonly open: OpenRequest;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The slot can run. */
  readonly onReady: () => void;
  /** A restart did not succeed; another one is scheduled. */
  readonly onRestartFailed: (error: MaskcastError) => void;
}

/**
 * One place in the pool: a session worker, and its successor when it dies. Always holds: at most one run at a time; a lost
 * worker is replaced with backoff until the slot is closed.
 */
export class SessionSlot {
  private link: SessionLink | undefined;
  private current: SlotState = 'opening';
  private running: Promise<unknown> | undefined;
  private cancelRestart: (() => void) | undefined;
  private readonly backoff = new Backoff({ initial: ms(200), cap: ms(30_000) });
  private restarted = 0;

  constructor(private readonly options: SlotOptions) {}

  get state(): SlotState {
    return this.current;
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

  /** @throws MaskcastError INFERENCE_FAILED; WORKER_LOST; CLOSED */
  async run(request: RunRequest): Promise<RunTimes> {
    if (this.current !== 'ready' || !this.link) {
      throw new MaskcastError('INTERNAL', `slot ${this.options.name} is ${this.current}, not ready`);
    }
    this.current = 'busy';
    const running = this.link.call('run', request);
    this.running = running.catch(() => {});
    const times = await running.finally(() => {
      if (this.current === 'busy') this.current = 'ready';
    });
    this.backoff.reset();
    return times;
  }

  /** Idempotent. Lets a run under way end: a thread is not to be torn out of native code. */
  async close(): Promise<void> {
    this.current = 'closed';
    this.cancelRestart?.();
    await this.running;
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
    const opening = link.call('open', this.options.open);
    this.running = opening.catch(() => {});
    await opening;
    if (lost) throw lost;
    if (this.isClosed()) throw new MaskcastError('CLOSED', 'the inference pool was closed');
    this.current = 'ready';
    this.options.onReady();
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
      this.lose(failure);
      this.options.onRestartFailed(failure);
    }
  }

  /** A method, since the compiler takes `current` for unchanged across an await. */
  private isClosed(): boolean {
    return this.current === 'closed';
  }
}
