import { usableCpus } from '../config/cpus.js';
import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { Size } from '../core/geometry.js';
import type { Mask } from '../core/mask.js';
import type { EngineSettings, Inference, Observation, TemporalEngine } from '../core/ports.js';
import { toSeconds } from '../core/time.js';
import { WorkerLink } from '../flow/worker-link.js';
import type { Logger } from '../telemetry/logger.js';
import { gridOf } from './plane.js';
import { unknownMask } from './render.js';
import type { TemporalMethods } from './temporal-protocol.js';

/**
 * Temporal engines off the main thread. In: frames and inferences whose data lies in shared memory. Out: wishes and masks. Always
 * holds: a lease that was handed in is released when the worker has read it, and also when the call fails; calls of one engine
 * take effect in the order in which they were made.
 */

type Link = WorkerLink<TemporalMethods>;

export interface TemporalWorkers {
  /** An engine in the worker that has the fewest. Close it when the stream ends. */
  engine(stream: string, settings: EngineSettings): TemporalEngine;
  /** Idempotent; all engines' pending calls reject with CLOSED. */
  close(): Promise<void>;
}

/** @param count threads; half of the CPUs that the process may use where absent: networks and ffmpeg want the rest */
export function createTemporalWorkers({
  count = Math.max(1, Math.floor(usableCpus() / 2)),
  logger,
}: {
  readonly count?: number;
  readonly logger: Logger;
}): TemporalWorkers {
  if (!Number.isInteger(count) || count < 1) {
    throw new MaskcastError(
      'INTERNAL',
      `the number of temporal workers must be a whole number from 1; received ${count}`,
    );
  }
  const slots = Array.from({ length: count }, (_, index) => new WorkerSlot(`temporal-${index}`, logger));
  let next = 0;
  return {
    engine(stream, settings) {
      const slot = slots.reduce((least, candidate) => (candidate.engines < least.engines ? candidate : least));
      return new RemoteEngine(slot, next++, stream, settings);
    },
    async close() {
      await Promise.all(slots.map((slot) => slot.close()));
    },
  };
}

/** One worker thread's place; a thread that dies is replaced at the next use, its engines are lost. */
class WorkerSlot {
  engines = 0;
  private current: Link | undefined;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly logger: Logger,
  ) {}

  link(): Link {
    if (this.closed) throw new MaskcastError('CLOSED', 'the temporal workers are closed');
    if (this.current) return this.current;
    const link: Link = new WorkerLink(new URL('./temporal-worker.js', import.meta.url), { name: this.name });
    link.onLost((error) => {
      this.logger.error({ err: error, worker: this.name }, 'temporal worker lost; the next call starts another');
      if (this.current === link) this.current = undefined;
    });
    this.current = link;
    return link;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.current?.close();
  }
}

/** A worker that dies costs what its engines knew, not the streams: they go on from nothing in another worker. */
class RemoteEngine implements TemporalEngine {
  private link: Link | undefined;
  private closed = false;
  /** Frames that wait for `apply`, and who observed them. */
  private readonly observed = new Map<number, { readonly link: Link; readonly grid: Size }>();

  constructor(
    private readonly slot: WorkerSlot,
    private readonly engine: number,
    private readonly stream: string,
    private settings: EngineSettings,
  ) {
    slot.engines += 1;
  }

  async observe(frame: Frame, { freeSlots }: { readonly freeSlots: number }): Promise<Observation> {
    frame.pixels.retain();
    try {
      return await this.tryObserve(frame, freeSlots).catch((error: unknown) => {
        if (!isLoss(error)) throw error;
        return this.tryObserve(frame, freeSlots);
      });
    } finally {
      frame.pixels.release();
    }
  }

  async apply(number: number, inference: Inference | undefined): Promise<Mask> {
    try {
      const seen = this.observed.get(number);
      this.observed.delete(number);
      const link = this.open();
      if (seen && seen.link !== link) return unknownMask(seen.grid);
      return await link
        .call('apply', { engine: this.engine, number, scores: inference?.scores })
        .catch((error: unknown) => {
          if (!seen || !isLoss(error)) throw error;
          return unknownMask(seen.grid);
        });
    } finally {
      inference?.release();
    }
  }

  async late(number: number, inference: Inference): Promise<void> {
    try {
      await this.open().call('late', { engine: this.engine, number, scores: inference.scores });
    } catch (error) {
      if (!isLoss(error)) throw error;
    } finally {
      inference.release();
    }
  }

  configure(settings: EngineSettings): void {
    this.settings = settings;
    if (!this.link || this.closed) return;
    this.link.call('configure', { engine: this.engine, settings }).catch(() => {
      // The worker died: the engine that takes its place opens with these settings.
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.slot.engines -= 1;
    await this.link?.call('close', { engine: this.engine }).catch(() => {
      // A worker that is gone holds no engine.
    });
  }

  private tryObserve(frame: Frame, freeSlots: number): Promise<Observation> {
    const { number, discontinuity, geometry, pts, pixels } = frame;
    const before = this.link;
    const link = this.open();
    this.observed.set(number, { link, grid: gridOf(geometry.content) });
    return link.call('observe', {
      engine: this.engine,
      number,
      time: toSeconds(pts),
      discontinuity: discontinuity || link !== before,
      geometry: { analysis: geometry.analysis, content: geometry.content },
      pixels: pixels.data,
      freeSlots,
    });
  }

  /** The worker, with this engine open in it. */
  private open(): Link {
    if (this.closed) throw new MaskcastError('CLOSED', `the temporal engine of stream ${this.stream} is closed`);
    const link = this.slot.link();
    if (link !== this.link) {
      this.link = link;
      // Not awaited: the worker answers in order, and a failure shows in the call that follows.
      link.call('open', { engine: this.engine, settings: this.settings }).catch(() => {});
    }
    return link;
  }
}

const isLoss = (error: unknown): boolean => error instanceof MaskcastError && error.code === 'WORKER_LOST';
