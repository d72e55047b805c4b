import { createHash } from 'node:crypto';
import type { PixelLease } from '../core/frame.js';
import type { Size } from '../core/geometry.js';
import { type SharedLease, SharedPool } from '../flow/shared-pool.js';

/**
 * RGB24 planes of one size, lent to the frames of one geometry.
 *
 * Always holds: at most `limit` planes are out; whoever waits in `acquire` gets the next one that is released.
 */
export class PixelPool {
  private readonly pool: SharedPool;
  private readonly waiting = new Set<() => void>();

  constructor(
    size: Size,
    private readonly limit: number,
  ) {
    this.pool = new SharedPool(size.width * size.height * 3, limit);
  }

  /** Planes that are out. */
  get leased(): number {
    return this.pool.leased;
  }

  /** A plane, or undefined when all are out. */
  tryAcquire(): PixelLease | undefined {
    const lease = this.pool.tryAcquire();
    return lease && this.lend(lease);
  }

  /** Waits for a plane; undefined once `signal` aborts. */
  async acquire(signal: AbortSignal): Promise<PixelLease | undefined> {
    while (!signal.aborted) {
      const lease = this.tryAcquire();
      if (lease) return lease;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
    return undefined;
  }

  private lend(lease: SharedLease): PixelLease {
    return {
      data: new Uint8Array(lease.buffer),
      retain: () => lease.retain(),
      release: () => {
        lease.release();
        if (this.pool.leased < this.limit) this.waiting.values().next().value?.();
      },
    };
  }
}

/** Tells equal planes from different ones. */
export const pixelDigest = (pixels: Uint8Array): string => createHash('sha1').update(pixels).digest('hex');

/**
 * Fills planes from ffmpeg's rawvideo output, whose frames follow each other without any header.
 *
 * In: chunks of any size, and a plane for each frame. Out: filled planes, in order. Always holds: each byte is copied once,
 * from the pipe's chunk into the shared plane; frame n starts at byte n · frameBytes.
 */
export class PixelFiller {
  private plane: PixelLease | undefined;
  private filled = 0;

  constructor(private readonly frameBytes: number) {}

  /**
   * Takes one chunk. `acquire` gives the plane for the frame that starts here; where it gives none, that frame's bytes are
   * skipped. `emit` gets the filled plane, or undefined for a skipped frame.
   */
  async push(
    chunk: Uint8Array,
    acquire: () => Promise<PixelLease | undefined>,
    emit: (plane: PixelLease | undefined) => void,
  ): Promise<void> {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.filled === 0) this.plane = await acquire();
      const part = chunk.subarray(offset, offset + this.frameBytes - this.filled);
      this.plane?.data.set(part, this.filled);
      this.filled += part.length;
      offset += part.length;
      if (this.filled < this.frameBytes) continue;
      const plane = this.plane;
      this.plane = undefined;
      this.filled = 0;
      emit(plane);
    }
  }

  /** Gives back a plane that was never filled. */
  close(): void {
    this.plane?.release();
    this.plane = undefined;
  }
}
