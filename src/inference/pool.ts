import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { Size } from '../core/geometry.js';
import type { EngineInfo, ModelInfo } from '../core/model.js';
import type { Inference, Segmenter, SegmentOptions } from '../core/ports.js';
import { type AnalysisGeometry, analysisGeometry, nativePlane, requireAccepted } from './geometry.js';
import { Lanes } from './lanes.js';
import { type Manifest, toModelInfo } from './manifest.js';
import { ScoreLeases } from './score-leases.js';
import type { RunTimes } from './session-protocol.js';
import { SessionSlot, type SlotOptions } from './session-slot.js';

export interface PoolOptions {
  readonly manifest: Manifest;
  /** See AnalysisGeometry; the manifest's where absent. */
  readonly longestSide: number | undefined;
  /** See `scoreGrid`. */
  readonly finestStride: number;
  /** Sessions side by side, at least 1. */
  readonly workers: number;
  readonly slot: (index: number) => Omit<SlotOptions, 'onReady' | 'onFailed'>;
}

/** Counters since the start; rates come from their differences. */
export interface InferenceHealth {
  readonly workers: number;
  /** Workers that are not down or starting. */
  readonly ready: number;
  readonly busy: number;
  /** Requests that wait for a worker. */
  readonly waiting: number;
  /** Results that consumers have not released. */
  readonly leased: number;
  readonly runs: number;
  readonly failures: number;
  readonly restarts: number;
  /** Requests that a newer frame of their stream replaced. */
  readonly replaced: number;
  /** Total time of all runs by part: conversion in, network, conversion out. */
  readonly times: RunTimes;
}

interface Request {
  readonly stream: string;
  readonly frame: Frame;
  readonly background: boolean;
  readonly resolve: (inference: Inference | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * In: frames of any number of streams. Out: their class probabilities, on loan. Always holds: every call settles; streams
 * are served by gain, none left out, those in the background after the others; a worker's death costs the one call that it was busy with; a
 * frame's pixels are released as soon as they have been read.
 */
export class InferencePool implements Segmenter {
  readonly model: ModelInfo;
  private readonly manifest: Manifest;
  private readonly slots: readonly SessionSlot[];
  private readonly queue = new Lanes<Request>();
  private readonly leases = new ScoreLeases();
  /** Calls of `segment` that a worker is busy with. */
  private readonly active = new Set<Request>();
  private closing: Promise<void> | undefined;
  private closed = false;
  private runs = 0;
  private failures = 0;
  private replaced = 0;
  /** Why no worker is of any use; absent while one is. */
  private failure: MaskcastError | undefined;
  private readonly totals = { prepare: 0, network: 0, finish: 0 };

  constructor(private readonly options: PoolOptions) {
    this.manifest = options.manifest;
    this.model = toModelInfo(options.manifest, options.finestStride);
    this.slots = Array.from(
      { length: options.workers },
      (_, index) =>
        new SessionSlot({
          ...options.slot(index),
          onReady: () => this.dispatch(),
          onFailed: (error) => this.giveUpWaiting(error),
        }),
    );
  }

  /** Starts all workers. @throws MaskcastError MODEL_INVALID, MANIFEST_MISMATCH, WORKER_LOST, TIMEOUT; the pool is closed then */
  async start(): Promise<void> {
    const results = await Promise.allSettled(this.slots.map((slot) => slot.start()));
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return;
    await this.close();
    throw failed.reason;
  }

  /** What runs the network; the same in all slots. Absent before the start. */
  get engine(): EngineInfo | undefined {
    return this.slots.find(({ engine }) => engine)?.engine;
  }

  geometryFor(source: Size): AnalysisGeometry {
    return analysisGeometry(this.manifest, source, this.options.longestSide, this.options.finestStride);
  }

  /** See `nativePlane`. */
  nativePlaneFor(source: Size): Size | undefined {
    return nativePlane(this.manifest, source, this.options.finestStride);
  }

  get freeSlots(): number {
    let background = 0;
    for (const request of this.active) if (request.background) background += 1;
    return this.count('ready') + Math.max(0, background - this.queue.front.size);
  }

  inFlight(stream: string): number {
    let running = 0;
    for (const request of this.active) if (request.stream === stream) running += 1;
    return running + this.queue.sizeOf(stream);
  }

  waiting(stream: string): number {
    return this.queue.sizeOf(stream);
  }

  segment(
    stream: string,
    frame: Frame,
    { newestOnly, background = false, gain = 1 }: SegmentOptions,
  ): Promise<Inference | undefined> {
    if (this.closed) return Promise.reject(closedError());
    if (this.failure && this.allStuck) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      requireAccepted(this.manifest, frame.geometry, frame.pixels.data.length, this.options.finestStride);
      frame.pixels.retain();
      const request: Request = { stream, frame, background, resolve, reject };
      if (newestOnly) {
        for (const old of this.queue.replace(stream, request, gain)) this.forgo(old);
      } else {
        this.queue.push(stream, request, { background, gain });
      }
      this.dispatch();
    });
  }

  health(): InferenceHealth {
    return {
      workers: this.slots.length,
      ready: this.count('ready') + this.count('busy'),
      busy: this.count('busy'),
      waiting: this.queue.size,
      leased: this.leases.leased,
      runs: this.runs,
      failures: this.failures,
      restarts: this.slots.reduce((sum, slot) => sum + slot.restarts, 0),
      replaced: this.replaced,
      times: { ...this.totals } as RunTimes,
    };
  }

  /** Idempotent. Pending calls reject with CLOSED at once; resolves when all threads are gone. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.closed = true;
    for (const request of this.queue.drain()) {
      request.frame.pixels.release();
      request.reject(closedError());
    }
    for (const request of this.active) request.reject(closedError());
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private dispatch(): void {
    for (const slot of this.slots) {
      if (slot.state !== 'ready') continue;
      const request = this.queue.shift();
      if (!request) return;
      void this.execute(slot, request);
    }
  }

  private async execute(slot: SessionSlot, request: Request): Promise<void> {
    const { frame, resolve, reject } = request;
    const { analysis, content } = frame.geometry;
    const { stride, classes } = this.model;
    const size: Size = { width: content.width / stride, height: content.height / stride };
    const length = classes.length * size.width * size.height;
    this.active.add(request);
    try {
      const lease = this.leases.acquire(length * Float32Array.BYTES_PER_ELEMENT);
      try {
        const { data } = frame.pixels;
        const times = await slot.run({
          pixels: data.buffer,
          offset: data.byteOffset,
          analysis,
          content: size,
          scores: lease.buffer,
        });
        this.record(times);
        if (this.closed) throw closedError();
        resolve({
          scores: { classes: classes.length, size, data: new Float32Array(lease.buffer, 0, length) },
          runTime: times.network,
          release: () => lease.release(),
        });
      } catch (error) {
        lease.release();
        throw error;
      }
    } catch (error) {
      this.failures += 1;
      reject(error);
    } finally {
      this.active.delete(request);
      frame.pixels.release();
      if (!this.closed) this.dispatch();
    }
  }

  private record(times: RunTimes): void {
    this.runs += 1;
    this.totals.prepare += times.prepare;
    this.totals.network += times.network;
    this.totals.finish += times.finish;
  }

  private forgo(request: Request): void {
    this.replaced += 1;
    request.frame.pixels.release();
    request.resolve(undefined);
  }

  /** Without any worker, waiting requests would hang for as long as restarts fail. */
  private giveUpWaiting(cause: MaskcastError): void {
    if (this.slots.some(({ state }) => state !== 'down' && state !== 'stuck')) return;
    const text = `no inference worker is left: ${cause.message}`;
    // A frame does without its result while a lost worker is replaced; a stuck one isn't, and the stream must say so.
    this.failure = new MaskcastError(this.allStuck ? 'TIMEOUT' : 'WORKER_LOST', text, { retryable: true, cause });
    for (const request of this.queue.drain()) {
      this.failures += 1;
      request.frame.pixels.release();
      request.reject(this.failure);
    }
  }

  private get allStuck(): boolean {
    return this.count('stuck') === this.slots.length;
  }

  private count(state: SessionSlot['state']): number {
    return this.slots.reduce((sum, slot) => sum + (slot.state === state ? 1 : 0), 0);
  }
}

const closedError = () => new MaskcastError('CLOSED', 'the inference pool was closed');
