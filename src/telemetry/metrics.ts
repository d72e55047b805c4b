import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MaskOrigin } from '../core/mask.js';
import type { EngineInfo } from '../core/model.js';
import type { DropCause, Stage, StreamState } from '../core/stream.js';
import type { Milliseconds } from '../core/time.js';

/** From a cheap luma comparison (0.2 ms) to a large network on a small CPU (5 s). Seconds. */
const STAGE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const STREAM_STATES: readonly StreamState[] = [
  'idle',
  'connecting',
  'live',
  'stalled',
  'reconnecting',
  'stopped',
  'failed',
];

const JOB_STATES = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled'];

/** What one scrape reads rather than what events add up to. */
export interface MetricSources {
  streams(): readonly {
    readonly id: string;
    readonly state: StreamState;
    readonly losses: number;
    readonly lastFrameAt: number | undefined;
  }[];
  viewers(stream: string): number;
  /** Inference workers that live, network runs under way or waiting, workers replaced since the start. Absent before the first model is loaded. */
  inference?(): {
    readonly workers: number;
    readonly inFlight: number;
    readonly restarts: number;
    /** Loaded networks, and what runs each. */
    readonly engines: readonly (EngineInfo & { readonly model: string })[];
  };
  /** Jobs by state; states without any may be absent. */
  jobs?(): ReadonlyMap<string, number> | undefined;
}

/**
 * The process's Prometheus metrics.
 *
 * In: measurements from pipeline, delivery and supervision. Out: the text of `/metrics`. Always holds: a removed stream's
 * series vanish with it; durations are in seconds and sizes in bytes, as Prometheus wants them.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly stageSeconds = new Histogram({
    name: 'maskcast_stage_seconds',
    help: 'Time of one frame in a stage, queueing included',
    labelNames: ['stream', 'stage'] as const,
    buckets: STAGE_BUCKETS,
    registers: [this.registry],
  });
  private readonly frames = new Counter({
    name: 'maskcast_frames_total',
    help: 'Frames that left the pipeline, by what their mask rests on',
    labelNames: ['stream', 'origin'] as const,
    registers: [this.registry],
  });
  private readonly drops = new Counter({
    name: 'maskcast_dropped_frames_total',
    help: 'Frames not shown, or not inferred though the policy wanted it, by cause; viewer-slow counts once a viewer',
    labelNames: ['stream', 'cause'] as const,
    registers: [this.registry],
  });
  private readonly sentBytes = new Counter({
    name: 'maskcast_sent_bytes_total',
    help: 'Bytes of frame messages handed to viewers',
    labelNames: ['stream'] as const,
    registers: [this.registry],
  });
  private readonly requests = new Histogram({
    name: 'maskcast_http_request_seconds',
    help: 'Time to answer an API request',
    labelNames: ['operation', 'status'] as const,
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [this.registry],
  });
  private readonly refusals = new Counter({
    name: 'maskcast_refused_requests_total',
    help: 'Requests and upgrades refused, by problem code',
    labelNames: ['code'] as const,
    registers: [this.registry],
  });

  private readonly jobFrames = new Counter({
    name: 'maskcast_job_frames_total',
    help: 'Frames of recorded video that jobs have written',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  onStage(stream: string, stage: Stage, duration: Milliseconds): void {
    this.stageSeconds.observe({ stream, stage }, duration / 1000);
  }

  onFrame(stream: string, origin: MaskOrigin): void {
    this.frames.inc({ stream, origin });
  }

  onDrop(stream: string, cause: DropCause, count: number): void {
    this.drops.inc({ stream, cause }, count);
  }

  onSent(stream: string, bytes: number): void {
    this.sentBytes.inc({ stream }, bytes);
  }

  onRequest(operation: string, status: number, duration: Milliseconds): void {
    this.requests.observe({ operation, status: String(status) }, duration / 1000);
  }

  onRefusal(code: string): void {
    this.refusals.inc({ code });
  }

  onJobFrames(count: number): void {
    this.jobFrames.inc(count);
  }

  /** Reads `sources` at every scrape. Call once. */
  watch(sources: MetricSources): void {
    this.gauge('maskcast_stream_state', 'The state a stream is in: 1, all others 0', ['stream', 'state'], (gauge) => {
      for (const { id, state } of sources.streams()) {
        for (const each of STREAM_STATES) gauge.set({ stream: id, state: each }, each === state ? 1 : 0);
      }
    });
    this.gauge(
      'maskcast_stream_losses',
      'Times the source was lost since the stream was added',
      ['stream'],
      (gauge) => {
        for (const { id, losses } of sources.streams()) gauge.set({ stream: id }, losses);
      },
    );
    this.gauge(
      'maskcast_stream_last_frame_timestamp_seconds',
      'Arrival of the newest frame, seconds since the Unix epoch',
      ['stream'],
      (gauge) => {
        for (const { id, lastFrameAt } of sources.streams()) {
          if (lastFrameAt !== undefined) gauge.set({ stream: id }, lastFrameAt / 1000);
        }
      },
    );
    this.gauge('maskcast_viewers', 'Socket and MJPEG viewers', ['stream'], (gauge) => {
      for (const { id } of sources.streams()) gauge.set({ stream: id }, sources.viewers(id));
    });
    this.gauge('maskcast_inference_workers', 'Inference workers that live', [], (gauge) => {
      const inference = sources.inference?.();
      if (inference) gauge.set(inference.workers);
    });
    this.gauge('maskcast_inference_in_flight', 'Network runs under way or waiting', [], (gauge) => {
      const inference = sources.inference?.();
      if (inference) gauge.set(inference.inFlight);
    });
    this.gauge('maskcast_inference_worker_restarts', 'Inference workers that died and were replaced', [], (gauge) => {
      const inference = sources.inference?.();
      if (inference) gauge.set(inference.restarts);
    });
    const labels = ['model', 'name', 'version', 'device', 'precision'];
    this.gauge('maskcast_inference_engine_info', 'What runs each loaded network: always 1', labels, (gauge) => {
      for (const engine of sources.inference?.().engines ?? []) gauge.set({ ...engine }, 1);
    });
    this.gauge('maskcast_jobs', 'Jobs of recorded video by state', ['state'], (gauge) => {
      const counts = sources.jobs?.() ?? new Map<string, number>();
      for (const state of JOB_STATES) gauge.set({ state }, counts.get(state) ?? 0);
    });
  }

  /** A stream is gone for good: so are its series. */
  async forget(stream: string): Promise<void> {
    for (const metric of [this.stageSeconds, this.frames, this.drops, this.sentBytes]) {
      const { values } = await metric.get();
      for (const { labels } of values) {
        if (labels.stream !== stream) continue;
        const { le: _, ...own } = labels as Record<string, string | number>;
        metric.remove(own as never);
      }
    }
  }

  private gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge<string>) => void): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  }
}
