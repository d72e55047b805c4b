import { MaskcastError } from '../core/errors.js';

/** Bytes that all threads see, on loan from a pool. */
export interface SharedLease {
  readonly buffer: SharedArrayBuffer;
  /** Adds a reader: one more `release()` is due. */
  retain(): void;
  /** The last release gives the bytes back to the pool. @throws MaskcastError INTERNAL on one release too many */
  release(): void;
}

/**
 * Buffers of one size, reused. Always holds: at most `limit` leases are out; a buffer is never lent twice at a time.
 * Reuse matters: fresh shared memory for every frame of a year-long stream would ride on the garbage collector.
 */
export class SharedPool {
  private readonly free: SharedArrayBuffer[] = [];
  private out = 0;

  constructor(
    readonly bytes: number,
    private readonly limit: number,
  ) {}

  get leased(): number {
    return this.out;
  }

  /** A lease, or undefined when `limit` leases are out: the caller drops the frame or waits for a release. */
  tryAcquire(): SharedLease | undefined {
    if (this.out >= this.limit) return undefined;
    this.out += 1;
    const buffer = this.free.pop() ?? new SharedArrayBuffer(this.bytes);
    let readers = 1;
    return {
      buffer,
      retain: () => {
        if (readers === 0) throw new MaskcastError('INTERNAL', 'a released shared buffer was retained');
        readers += 1;
      },
      release: () => {
        if (readers === 0) throw new MaskcastError('INTERNAL', 'a shared buffer was released once too often');
        readers -= 1;
        if (readers > 0) return;
        this.out -= 1;
        this.free.push(buffer);
      },
    };
  }
}
