import { type Clock, sleep } from '../core/clock.js';
import { type Milliseconds, ms, type Seconds } from '../core/time.js';
import { BoundedQueue } from '../flow/queue.js';

export interface PacedFrame {
  readonly pts: Seconds;
  /** Until the next frame, as the container says; 0 where it does not. */
  readonly duration: Seconds;
  /** First frame of a pass over the file: its pts says nothing about the frame before it. */
  readonly first: boolean;
}

/** Where neither pts nor duration tell how long a frame is shown. */
const USUAL_DURATION = ms(40);
/** A pause this long in a recording's timeline is a fault of its timestamps, not something to sit through. */
const LONGEST_GAP = ms(10_000);
/** Later than this, playback goes on from now instead of hurrying after its own timetable. */
const LATEST = ms(500);
/** A pass over a very short file lasts at least this long: starting ffmpeg for it anew costs more than showing it. */
const SHORTEST_PASS = ms(1000);

/** Decides when the frames of a recording are due, so that they pass in the rhythm of their pts. */
export class Timetable {
  private due: Milliseconds | undefined;
  private passStart = ms(0);
  private pts = 0;
  private duration = USUAL_DURATION;

  /** When to show the frame, on the clock of `now`; never before the frame ahead of it. */
  next(frame: PacedFrame, now: Milliseconds): Milliseconds {
    const due = Math.max(this.planned(frame, now), this.due ?? now);
    this.due = due < now - LATEST ? now : ms(due);
    if (frame.first) this.passStart = this.due;
    this.pts = frame.pts;
    if (frame.duration > 0) this.duration = ms(frame.duration * 1000);
    return this.due;
  }

  private planned(frame: PacedFrame, now: Milliseconds): number {
    if (this.due === undefined) return now;
    if (frame.first) return Math.max(this.due + this.duration, this.passStart + SHORTEST_PASS);
    const step = (frame.pts - this.pts) * 1000;
    if (step < 0 || step > LONGEST_GAP) return this.due + this.duration;
    this.duration = ms(step);
    return this.due + step;
  }
}

/**
 * Shows decoded frames when they are due.
 *
 * In: frames as fast as ffmpeg decodes them. Out: the same frames, in order, each at its time. Always holds: at most
 * `lookahead` frames wait inside, then the producer waits; that many frames bridge the start of ffmpeg for the next pass.
 */
export class Pacer<T extends PacedFrame> {
  private readonly queue: BoundedQueue<T>;
  private readonly closing = new AbortController();
  private readonly finished: Promise<void>;
  private showing = false;

  constructor(
    private readonly clock: Clock,
    lookahead: number,
    private readonly show: (frame: T) => void,
    private readonly discard: (frame: T) => void,
  ) {
    this.queue = new BoundedQueue<T>(lookahead, { kind: 'wait' }, discard);
    this.finished = this.run();
  }

  /** Whether no frame waits: silence is then the producer's. */
  get idle(): boolean {
    return this.queue.size === 0 && !this.showing;
  }

  /** Resolves when there is room for another frame. */
  push(frame: T): Promise<void> {
    return this.queue.push(frame);
  }

  /** Shows what is left, each at its time, then ends. */
  async end(): Promise<void> {
    this.queue.end();
    await this.finished;
  }

  /** Ends at once. Idempotent. */
  async close(): Promise<void> {
    this.closing.abort();
    this.queue.close();
    await this.finished;
  }

  private async run(): Promise<void> {
    const timetable = new Timetable();
    for await (const frame of this.queue) {
      const wait = timetable.next(frame, this.clock.now()) - this.clock.now();
      this.showing = true;
      if (wait > 0) await sleep(this.clock, ms(wait), this.closing.signal);
      this.showing = false;
      if (this.closing.signal.aborted) this.discard(frame);
      else this.show(frame);
    }
  }
}
