import type { Clock } from '../core/clock.js';
import type { Frame } from '../core/frame.js';
import type { FrameGeometry } from '../core/geometry.js';
import type { MaskOrigin } from '../core/mask.js';
import { DROP_CAUSES, type DropCause, STAGES, type Stage, type StreamStatistics } from '../core/stream.js';
import { type Milliseconds, ms } from '../core/time.js';
import { SlidingWindow } from '../telemetry/window.js';

/** Gets every measurement of every stream; the metrics registry implements it. */
export interface PipelineObserver {
  onStage(stream: string, stage: Stage, duration: Milliseconds): void;
  onFrame(stream: string, origin: MaskOrigin): void;
  onDrop(stream: string, cause: DropCause, count: number): void;
}

export const NO_OBSERVER: PipelineObserver = { onStage() {}, onFrame() {}, onDrop() {} };

/** What one stream did in the last seconds, for people; totals go to the observer. */
export class StreamMeter {
  private readonly source: SlidingWindow;
  private readonly inferred: SlidingWindow;
  private readonly shown: SlidingWindow;
  private readonly stages: Record<Stage, SlidingWindow>;
  private readonly drops: Record<DropCause, number>;
  private lastNumber: number | undefined;
  private geometry: FrameGeometry | undefined;
  private lastOrigin: MaskOrigin | undefined;

  constructor(
    private readonly stream: string,
    private readonly clock: Clock,
    private readonly observer: PipelineObserver,
  ) {
    const window = () => new SlidingWindow(clock);
    this.source = window();
    this.inferred = window();
    this.shown = window();
    this.stages = Object.fromEntries(STAGES.map((stage) => [stage, window()])) as Record<Stage, SlidingWindow>;
    this.drops = Object.fromEntries(DROP_CAUSES.map((cause) => [cause, 0])) as Record<DropCause, number>;
  }

  /** A frame enters the pipeline; numbers that are missing since the last one were dropped before it. */
  frameTaken(frame: Frame): void {
    const skipped = this.lastNumber === undefined ? 0 : frame.number - this.lastNumber - 1;
    for (let i = 0; i <= skipped; i++) this.source.add();
    if (skipped > 0) this.dropped('pipeline-busy', skipped);
    this.lastNumber = frame.number;
    this.geometry = frame.geometry;
  }

  frameShown(origin: MaskOrigin): void {
    this.shown.add();
    this.lastOrigin = origin;
    this.observer.onFrame(this.stream, origin);
  }

  /** Whether results usually come within the time between two frames: waiting for one then holds no other frame up. */
  get networkKeepsPace(): boolean {
    return this.stages.infer.percentile(0.5) * this.source.rate() < 1000;
  }

  frameInferred(): void {
    this.inferred.add();
  }

  dropped(cause: DropCause, count = 1): void {
    this.drops[cause] += count;
    this.observer.onDrop(this.stream, cause, count);
  }

  /** Runs `work` and books its time under `stage`. */
  async timed<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const begin = this.clock.now();
    try {
      return await work();
    } finally {
      this.book(stage, ms(this.clock.now() - begin));
    }
  }

  book(stage: Stage, duration: Milliseconds): void {
    this.stages[stage].add(duration);
    this.observer.onStage(this.stream, stage, duration);
  }

  snapshot(
    now: Omit<
      StreamStatistics,
      'sourceFps' | 'inferredFps' | 'shownFps' | 'drops' | 'stages' | 'geometry' | 'lastOrigin'
    >,
  ): StreamStatistics {
    return {
      ...now,
      sourceFps: this.source.rate(),
      inferredFps: this.inferred.rate(),
      shownFps: this.shown.rate(),
      drops: { ...this.drops },
      stages: Object.fromEntries(
        STAGES.map((stage) => [
          stage,
          { p50: this.stages[stage].percentile(0.5), p95: this.stages[stage].percentile(0.95) },
        ]),
      ) as StreamStatistics['stages'],
      geometry: this.geometry,
      lastOrigin: this.lastOrigin,
    };
  }
}
