import { ipKeyGenerator } from 'express-rate-limit';
import type { Clock } from '../../core/clock.js';
import { type Milliseconds, ms } from '../../core/time.js';

/** Addresses remembered at a time; above it the oldest are forgotten, so that a botnet can't fill the memory. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts events by client address (IPv6: by /56, what one household gets) in fixed windows. Always holds: at most
 * MAX_ADDRESSES counters.
 */
export class AttemptLimiter {
  private readonly counters = new Map<string, { count: number; readonly until: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
    private readonly span: Milliseconds,
  ) {}

  record(address: string): void {
    const key = addressKey(address);
    const counter = this.current(key);
    if (counter) {
      counter.count += 1;
      return;
    }
    if (this.counters.size >= MAX_ADDRESSES) {
      for (const oldest of this.counters.keys()) {
        this.counters.delete(oldest);
        break;
      }
    }
    this.counters.set(key, { count: 1, until: this.clock.now() + this.span });
  }

  /** Time until this address may try again; 0 when it may now. */
  blockedFor(address: string): Milliseconds {
    const counter = this.current(addressKey(address));
    return ms(counter && counter.count >= this.limit ? counter.until - this.clock.now() : 0);
  }

  private current(key: string) {
    const counter = this.counters.get(key);
    if (counter && counter.until <= this.clock.now()) {
      this.counters.delete(key);
      return undefined;
    }
    return counter;
  }
}

/** What counts as one client: an IPv4 address or an IPv6 /56. */
export function addressKey(address: string): string {
  return ipKeyGenerator(address, 56);
}
