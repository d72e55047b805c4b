import { classRules } from '../core/class-settings.js';
import type { Clock } from '../core/clock.js';
import { asMaskcastError, MaskcastError, toErrorRecord } from '../core/errors.js';
import type { ModelInfo } from '../core/model.js';
import { formatPolicy } from '../core/policy.js';
import type { EngineSettings, FrameSource, Network, SegmentedFrame, Segmenter, TemporalEngine } from '../core/ports.js';
import type { StreamSettings, StreamStatistics, StreamStatus } from '../core/stream.js';
import { epochMs, ms } from '../core/time.js';
import type { StreamFeed } from '../delivery/services.js';
import { Backoff, type BackoffOptions } from '../flow/backoff.js';
import { Listeners } from '../flow/listeners.js';
import { runFrameLoop } from '../pipeline/frame-loop.js';
import { type PipelineObserver, StreamMeter } from '../pipeline/statistics.js';
import type { Logger } from '../telemetry/logger.js';
import { FrameNumbers } from './frame-numbers.js';
import { Run } from './run.js';

/** How long an on-demand stream goes on after its last viewer has left: page reloads shall not restart the camera. */
const ON_DEMAND_LINGER = ms(10_000);

/** Between a lost worker or network and the next try; the source's own losses are the supervisor's to retry. */
const RESTART: BackoffOptions = { initial: ms(2000), cap: ms(30_000) };

/** What a stream is, beside its source. */
export interface StreamShape {
  readonly name: string;
  readonly network: Network;
  readonly settings: StreamSettings;
}

export interface LiveStreamParts {
  readonly id: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: PipelineObserver;
  /** Called whenever the stream begins to run. @throws MaskcastError why it can't; the stream is `failed` then */
  readonly openSource: (segmenter: Segmenter) => FrameSource;
  readonly openEngine: (settings: EngineSettings) => TemporalEngine;
}

/**
 * One stream of the live server, from its source to whoever listens. Owns its source, its engine and the count of its frames;
 * borrows the network while it runs. An error that no retry can help makes it `failed`; a lost engine or network is replaced.
 * `start`, `stop` and `close` may come at any time and in any order; a run begins when the one before is over.
 */
export class LiveStream implements StreamFeed {
  readonly id: string;
  private readonly frames: Listeners<SegmentedFrame>;
  private readonly statusListeners: Listeners<StreamStatus>;
  private readonly changed: Listeners<void>;
  private readonly removed: Listeners<void>;
  private readonly meter: StreamMeter;
  private readonly numbers = new FrameNumbers();
  private readonly restarts = new Backoff(RESTART);
  private run: Run | undefined;
  /** Resolves when no earlier run holds anything any more. */
  private over: Promise<void> = Promise.resolve();
  private enabled = true;
  private closed = false;
  private cancelLinger: (() => void) | undefined;
  private current: StreamStatus;
  private newest: SegmentedFrame | undefined;
  private shape: StreamShape;
  private revisionCount = 0;
  private losses = 0;
  private inspectors = 0;

  constructor(
    private readonly parts: LiveStreamParts,
    shape: StreamShape,
  ) {
    const report = (error: unknown) => parts.logger.error({ err: error }, 'a listener failed');
    this.frames = new Listeners(report);
    this.statusListeners = new Listeners(report);
    this.changed = new Listeners(report);
    this.removed = new Listeners(report);
    this.id = parts.id;
    this.shape = { ...shape };
    this.meter = new StreamMeter(parts.id, parts.clock, parts.observer);
    this.current = this.still('idle');
  }

  get name(): string {
    return this.shape.name;
  }

  get model(): ModelInfo {
    return this.shape.network.model;
  }

  get settings(): StreamSettings {
    return this.shape.settings;
  }

  get revision(): number {
    return this.revisionCount;
  }

  /** The source reports changes of state only; frames go on coming in between. */
  get status(): StreamStatus {
    return { ...this.current, lastFrameAt: this.newest?.capturedAt ?? this.current.lastFrameAt };
  }

  get latest(): SegmentedFrame | undefined {
    return this.newest;
  }

  get viewers(): number {
    return this.frames.size;
  }

  statistics(): StreamStatistics {
    return this.meter.snapshot({
      queued: this.run?.segmenter?.waiting(this.id) ?? 0,
      inFlight: this.run?.segmenter?.inFlight(this.id) ?? 0,
      policy: formatPolicy(this.settings.policy),
      smoothing: this.settings.smoothing,
      model: this.model.name,
      viewers: this.viewers,
    });
  }

  subscribe(listener: (frame: SegmentedFrame) => void): () => void {
    const unsubscribe = this.frames.add(listener);
    this.reconsider();
    return () => {
      unsubscribe();
      this.reconsider();
    };
  }

  inspect(): () => void {
    this.inspectors += 1;
    this.configureEngine();
    let inspecting = true;
    return () => {
      if (!inspecting) return;
      inspecting = false;
      this.inspectors -= 1;
      this.configureEngine();
    };
  }

  onStatus(listener: (status: StreamStatus) => void): () => void {
    return this.statusListeners.add(listener);
  }

  onChange(listener: () => void): () => void {
    return this.changed.add(listener);
  }

  onRemoved(listener: () => void): () => void {
    return this.removed.add(listener);
  }

  /** Runs whenever it is wanted, from now on. */
  start(): void {
    this.enabled = true;
    if (this.run?.ended) this.run = undefined;
    this.reconsider();
  }

  /** A person wants it off, viewers or not. Resolves when the source is gone. */
  async stop(): Promise<void> {
    this.enabled = false;
    await this.end('stopped');
  }

  /**
   * New name, settings or network; a running stream goes on with them, with a new network from its next frame's start.
   * @param anew take the source up anew, for instance with another address
   */
  async change(shape: Partial<StreamShape>, { anew = false } = {}): Promise<void> {
    const newNetwork = shape.network !== undefined && shape.network.model.name !== this.model.name;
    this.shape = { ...this.shape, ...shape };
    this.configureEngine();
    if (newNetwork) {
      // A late joiner must not get a mask of the old network under the new classes.
      this.newest = undefined;
      this.revisionCount += 1;
    }
    if (newNetwork || anew) await this.restart();
    this.changed.emit();
    this.reconsider();
  }

  private async restart(): Promise<void> {
    if (!this.run) return;
    await this.end('connecting');
    this.reconsider();
  }

  /** Gone for good. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    await this.stop();
    this.removed.emit();
  }

  /** Starts or idles the source according to whether anybody wants it. */
  private reconsider(): void {
    const wanted = this.enabled && !this.closed && (!this.settings.onDemand || this.viewers > 0);
    if (wanted) {
      this.cancelLinger?.();
      this.cancelLinger = undefined;
      if (!this.run) this.begin();
    } else if (this.run && this.enabled && !this.cancelLinger) {
      this.cancelLinger = this.parts.clock.after(ON_DEMAND_LINGER, () => {
        this.cancelLinger = undefined;
        void this.end('idle');
      });
    }
  }

  private begin(): void {
    const run = new Run();
    this.run = run;
    if (this.current.state !== 'connecting') this.setStatus(this.still('connecting'));
    run.finished = this.drive(run, this.over);
  }

  /** Opens what a run needs and follows the source's state. @returns undefined where the run has ended meanwhile */
  private async open(run: Run, before: Promise<void>) {
    await before;
    const segmenter = run.ended ? undefined : await run.borrow(this.shape.network);
    if (!segmenter || run.ended) return undefined;
    const source = this.parts.openSource(segmenter);
    const engine = this.parts.openEngine(this.engineSettings());
    run.open(source, engine);
    const lossesBefore = this.losses;
    source.onStatus((status) => {
      if (this.run !== run || run.ended) return;
      this.losses = lossesBefore + status.losses;
      this.setStatus({ ...status, losses: this.losses, lastFrameAt: status.lastFrameAt ?? this.current.lastFrameAt });
    });
    return { source, segmenter, engine };
  }

  private configureEngine(): void {
    this.run?.configure(this.engineSettings());
  }

  private engineSettings(): EngineSettings {
    const { policy, smoothing, classes } = this.settings;
    return { policy, smoothing, classes: classRules(classes, this.model), inspect: this.inspectors > 0 };
  }

  private async drive(run: Run, before: Promise<void>): Promise<void> {
    try {
      const stages = await this.open(run, before);
      if (!stages) return;
      const { source, segmenter, engine } = stages;
      await runFrameLoop({
        stream: this.id,
        source: { frames: () => this.numbers.goOn(source.frames()) },
        segmenter,
        engine,
        meter: this.meter,
        results: () => (this.settings.policy.kind === 'every' || this.meter.networkKeepsPace ? 'own-frame' : 'forward'),
        emit: (frame) => {
          if (run.ended) return;
          if (frame.mask.origin === 'inferred') this.restarts.reset();
          this.newest = frame;
          this.frames.emit(frame);
        },
      });
      this.fail(run, new MaskcastError('SOURCE_ENDED', 'the source has come to its end'));
    } catch (error) {
      if (run.ended) return;
      const reason = asMaskcastError(error);
      this.parts.logger.error({ stream: this.id, code: reason.code, err: reason }, 'the stream was interrupted');
      if (!reason.retryable) return this.fail(run, reason);
      const delay = this.restarts.next();
      const retryAt = epochMs(this.parts.clock.wall() + delay);
      this.setStatus({ ...this.still('reconnecting', reason), retryAt });
      await run.pause(this.parts.clock, delay);
      if (!run.ended) void this.restart();
    }
  }

  private fail(run: Run, reason: MaskcastError): void {
    if (run.ended) return;
    void this.end('failed', reason);
  }

  private async end(state: 'idle' | 'stopped' | 'connecting' | 'failed', reason?: MaskcastError): Promise<void> {
    this.cancelLinger?.();
    this.cancelLinger = undefined;
    const run = this.run;
    if (state !== 'failed') this.run = undefined;
    this.setStatus(this.still(state, reason));
    if (run) {
      const ended = run.end().catch((error: unknown) => {
        this.parts.logger.error({ stream: this.id, err: error }, 'a run did not end well');
      });
      this.over = Promise.all([this.over, ended]).then(() => {});
    }
    await this.over;
  }

  private still(state: StreamStatus['state'], reason?: MaskcastError): StreamStatus {
    return {
      state,
      since: this.parts.clock.wall(),
      reason: reason && toErrorRecord(reason),
      retryAt: undefined,
      lastFrameAt: this.newest?.capturedAt,
      losses: this.losses,
    };
  }

  private setStatus(status: StreamStatus): void {
    this.current = status;
    this.statusListeners.emit(this.status);
  }
}
