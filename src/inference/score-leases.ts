import { MaskcastError } from '../core/errors.js';
import { type SharedLease, SharedPool } from '../flow/shared-pool.js';

/**
 * More results of one size than any number of streams keeps at a time: somebody doesn't release them. An error shows that;
 * waiting for a release would only look like a slow network.
 */
const LEASE_LIMIT = 1024;

/** Sizes whose free buffers are kept; those of sizes that went out of use go to the garbage collector. */
const KEPT_SIZES = 8;

/** Shared buffers for scores of any size. */
export class ScoreLeases {
  /** By bytes; the least recently used comes first. */
  private readonly pools = new Map<number, SharedPool>();

  /** @throws MaskcastError INFERENCE_FAILED when results are not released */
  acquire(bytes: number): SharedLease {
    const pool = this.pools.get(bytes) ?? new SharedPool(bytes, LEASE_LIMIT);
    this.pools.delete(bytes);
    this.pools.set(bytes, pool);
    const oldest = this.pools.keys().next();
    if (this.pools.size > KEPT_SIZES && !oldest.done) this.pools.delete(oldest.value);
    const lease = pool.tryAcquire();
    if (lease) return lease;
    throw new MaskcastError('INFERENCE_FAILED', `${LEASE_LIMIT} results wait for their release; no more are made`, {
      retryable: true,
    });
  }

  /** Results that are lent out. */
  get leased(): number {
    let total = 0;
    for (const pool of this.pools.values()) total += pool.leased;
    return total;
  }
}
