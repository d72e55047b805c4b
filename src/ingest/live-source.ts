import { toErrorRecord } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { FrameSource } from '../core/ports.js';
import type { SourceSpec } from '../core/source.js';
import { bareStatus, type StreamStatus } from '../core/stream.js';
import { type EpochMilliseconds, epochMs, type Milliseconds, ms, type Timestamp } from '../core/time.js';
import { Backoff } from '../flow/backoff.js';
import { Listeners } from '../flow/listeners.js';
import { BoundedQueue } from '../flow/queue.js';
import { placeOf } from '../media/address/redact.js';
import { sourceError } from '../media/classify.js';
import { type Arrival, Attempt, type SourceMemory } from './attempt.js';
import type { LiveOptions } from './options.js';
import { Patience } from './patience.js';
import { Restless } from './restless.js';
import {
  INITIAL,
  isFinal,
  type Pace,
  type Supervision,
  type SupervisorAction,
  type SupervisorEvent,
  transition,
} from './supervisor.js';

/** Between two attempts at a source that changes its picture again and again. */
const CHANGE_PAUSE = ms(300);

type Waiting = Arrival & {
  readonly capturedAt: EpochMilliseconds;
  /** Frames of one epoch follow each other without a break. */
  readonly epoch: number;
};

/**
 * A source that is always as fresh as it can be, and comes back by itself.
 *
 * In: a camera, a live stream, or a recording that plays in real time and starts again. Out: the newest frames. Always holds: at most
 * one frame waits, and a newer one replaces it; every frame that is not taken is counted and gives its plane back; whatever
 * ends or falls silent is tried again, until `close()` or until no retry can help.
 */
export class LiveSource implements FrameSource {
  private readonly queue = new BoundedQueue<Waiting>(
    1,
    { kind: 'newest', onDrop: (waiting) => this.drop(waiting) },
    (waiting) => waiting.decoded.pixels.release(),
  );
  private readonly listeners: Listeners<StreamStatus>;
  private readonly memory: SourceMemory;
  private readonly backoff: Backoff;
  private readonly shown: string;
  private supervision: Supervision = INITIAL;
  private current: StreamStatus;
  private attempt: Attempt | undefined;
  private cancelRetry: (() => void) | undefined;
  private cancelWatch: (() => void) | undefined;
  /** Of the last frame, or of what stood for one. */
  private lastFrame: Milliseconds = ms(0);
  private lastArrival: Milliseconds = ms(0);
  private epoch = 0;
  private droppedFrames = 0;
  private started = false;

  constructor(
    private readonly source: SourceSpec,
    private readonly options: LiveOptions,
  ) {
    const { clock, logger, retry } = options;
    this.listeners = new Listeners((error) => logger.error({ err: error }, 'a status listener failed'));
    this.backoff = new Backoff(retry);
    this.memory = {
      known: undefined,
      refused: undefined,
      nextNumber: 0,
      pool: undefined,
      patience: new Patience(options),
      restless: new Restless(),
    };
    this.shown = placeOf(source);
    this.current = bareStatus(INITIAL.state, clock.wall());
  }

  get status(): StreamStatus {
    return this.current;
  }

  get dropped(): number {
    return this.droppedFrames;
  }

  onStatus(listener: (status: StreamStatus) => void): () => void {
    return this.listeners.add(listener);
  }

  /** Starts connecting. Leaving the iteration closes the source. */
  async *frames(): AsyncGenerator<Frame, void, undefined> {
    if (!this.started) {
      this.started = true;
      this.handle({ kind: 'retry' });
    }
    let epoch = -1;
    try {
      for await (const waiting of this.queue) {
        // Told when the frame is taken: the frame that began the epoch may have been replaced by a newer one.
        const discontinuity = waiting.epoch !== epoch;
        epoch = waiting.epoch;
        const { decoded, number, geometry, capturedAt } = waiting;
        const { jpeg, pixels } = decoded;
        yield { number, pts: ptsOf(waiting), capturedAt, discontinuity, geometry, jpeg, pixels };
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const attempt = this.attempt;
    this.handle({ kind: 'stop' });
    this.queue.close();
    await attempt?.stop();
  }

  private handle(event: SupervisorEvent): void {
    const { next, actions } = transition(this.supervision, event, this.options.clock.now());
    const before = this.supervision;
    this.supervision = next;
    const retryAt = this.act(actions);
    if (next !== before) this.publish(before, retryAt);
  }

  /** Returns when the next attempt starts, where one was scheduled. */
  private act(actions: readonly SupervisorAction[]): EpochMilliseconds | undefined {
    let retryAt: EpochMilliseconds | undefined;
    if (this.supervision.state === 'stopped' || this.supervision.state === 'failed') this.cancelTimers();
    for (const action of actions) {
      if (action.kind === 'start-attempt') this.begin();
      if (action.kind === 'end-attempt') void this.attempt?.stop(this.supervision.reason);
      if (action.kind === 'schedule') {
        if (action.fresh) this.backoff.reset();
        const delay = this.delay(action.pace);
        this.cancelRetry = this.options.clock.after(delay, () => this.handle({ kind: 'retry' }));
        retryAt = epochMs(this.options.clock.wall() + delay);
      }
    }
    return retryAt;
  }

  private delay(pace: Pace): Milliseconds {
    if (pace === 'now') return ms(0);
    if (pace === 'soon') return CHANGE_PAUSE;
    return pace === 'slow' ? this.options.retry.auth : this.backoff.next();
  }

  private begin(): void {
    const attempt = new Attempt(this.source, this.options, this.memory, {
      onFrame: (arrival) => this.arrive(arrival),
      onSkipped: () => {
        this.droppedFrames += 1;
        // The source is well; it is the consumer that holds every plane.
        this.lastFrame = this.options.clock.now();
      },
      onChanged: (reason) => this.handle({ kind: 'changed', reason }),
    });
    this.attempt = attempt;
    this.epoch += 1;
    this.watch();
    void attempt.ended.then((reason) => {
      if (this.attempt === attempt) this.attempt = undefined;
      this.cancelWatch?.();
      const final = isFinal(this.source, reason);
      this.handle({ kind: 'lost', reason, final });
      if (this.supervision.state === 'failed') this.queue.fail(reason);
    });
  }

  private arrive(arrival: Arrival): void {
    const { clock } = this.options;
    const capturedAt = clock.wall();
    const now = clock.now();
    if (!arrival.first) this.memory.patience.saw(ms(now - this.lastArrival));
    this.lastFrame = now;
    this.lastArrival = now;
    if (arrival.first) this.epoch += 1;
    if (this.supervision.state !== 'live') {
      if (this.supervision.state === 'stalled') this.epoch += 1;
      this.handle({ kind: 'frame' });
    }
    this.current = { ...this.current, lastFrameAt: capturedAt };
    void this.queue.push({ ...arrival, capturedAt, epoch: this.epoch });
  }

  private drop(waiting: Waiting): void {
    this.droppedFrames += 1;
    waiting.decoded.pixels.release();
  }

  /** Watches frames, not sockets: a camera can keep its connection and send nothing. */
  private watch(): void {
    this.lastFrame = this.options.clock.now();
    const { clock } = this.options;
    const { patience } = this.memory;
    const limit = () => (this.supervision.state === 'stalled' ? patience.replace : patience.stall);
    const check = () => {
      const quiet = clock.now() - this.lastFrame;
      if (this.attempt?.pacing) this.lastFrame = clock.now();
      else if (quiet >= limit()) {
        this.lastFrame = clock.now();
        const said = `no picture for ${Math.round(quiet / 100) / 10} s`;
        this.handle({ kind: 'silence', reason: sourceError(this.source, 'TIMEOUT', said) });
        // A listener may have closed the source.
        if (this.supervision.state === 'stopped') return;
      }
      const left = Math.max(1, this.lastFrame + limit() - clock.now());
      this.cancelWatch = clock.after(ms(left), check);
    };
    this.cancelWatch = clock.after(limit(), check);
  }

  private cancelTimers(): void {
    this.cancelRetry?.();
    this.cancelWatch?.();
  }

  private publish(before: Supervision, retryAt: EpochMilliseconds | undefined): void {
    const { state, reason, losses } = this.supervision;
    const { clock, logger } = this.options;
    this.current = {
      ...this.current,
      state,
      since: state === before.state ? this.current.since : clock.wall(),
      reason: reason && toErrorRecord(reason),
      retryAt,
      losses,
    };
    if (state !== before.state) {
      const level = state === 'live' || state === 'stopped' ? 'info' : 'warn';
      logger[level]({ source: this.shown, state, code: reason?.code, reason: reason?.message }, `source ${state}`);
    }
    this.listeners.emit(this.current);
  }
}

/** A source without frame times gets those of arrival. */
function ptsOf({ timed, decoded, capturedAt }: Waiting): Timestamp {
  return timed ? decoded.timing.pts : { ticks: Math.round(capturedAt), timeBase: { num: 1, den: 1000 } };
}
