import type { Clock } from '../core/clock.js';
import { type Milliseconds, ms } from '../core/time.js';
import type { JobProgress } from '../delivery/http/jobs-schema.js';
import type { ProcessProgress } from '../recorded/process-job.js';

/** Rates are those of this long. */
const SPAN = ms(5000);

interface Sample extends ProcessProgress {
  readonly at: Milliseconds;
}

/** How fast a run goes, over its last moments. In: what the run says of itself. Out: what people read. */
export class ProgressMeter {
  private last: Sample | undefined;
  /** One a tenth of SPAN, oldest first. */
  private readonly samples: Sample[] = [];

  constructor(private readonly clock: Clock) {}

  add(progress: ProcessProgress): void {
    const sample = { ...progress, at: this.clock.now() };
    this.last = sample;
    const newest = this.samples.at(-1);
    if (!newest || sample.at - newest.at >= SPAN / 10) this.samples.push(sample);
    while (this.samples.length > 2 && sample.at - (this.samples[1] as Sample).at >= SPAN) this.samples.shift();
  }

  /** Undefined before the first frame. */
  get progress(): JobProgress | undefined {
    const { last } = this;
    const from = this.samples[0];
    if (!last || !from) return undefined;
    const { frames, expected } = last;
    const counts = { frames, ...(expected === undefined ? {} : { expected }) };
    // Up to now: a run that stands still slows down.
    const elapsed = (this.clock.now() - from.at) / 1000;
    if (elapsed <= 0) return counts;
    const fps = (frames - from.frames) / elapsed;
    const speed = (last.position - from.position) / elapsed;
    if (fps <= 0) return counts;
    const left = expected === undefined ? {} : { secondsLeft: Math.max(0, expected - frames) / fps };
    return { ...counts, fps, speed, ...left };
  }
}

/** Passes a signal on at most once an interval, and never loses the last one. */
export class Throttle {
  private last: Milliseconds | undefined;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly interval: Milliseconds,
    private readonly action: () => void,
  ) {}

  signal(): void {
    if (this.cancel) return;
    const wait = this.last === undefined ? 0 : this.last + this.interval - this.clock.now();
    if (wait <= 0) this.fire();
    else this.cancel = this.clock.after(ms(wait), () => this.fire());
  }

  /** What waits is given up: its receiver has learnt it otherwise. */
  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private fire(): void {
    this.cancel = undefined;
    this.last = this.clock.now();
    this.action();
  }
}
