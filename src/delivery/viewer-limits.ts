import { MaskcastError } from '../core/errors.js';
import { addressKey } from './attempt-limiter.js';
import type { DeliveryConfig } from './config.js';

/** How many watch, in all and from one address. Always holds: whoever entered leaves once. */
export class ViewerLimits {
  private readonly byAddress = new Map<string, number>();
  private total = 0;

  constructor(private readonly config: Pick<DeliveryConfig, 'maxViewers' | 'maxViewersPerAddress'>) {}

  /** @returns the function to call once the viewer has gone. @throws MaskcastError UNAVAILABLE, RATE_LIMITED */
  enter(address: string): () => void {
    const key = addressKey(address);
    const here = this.byAddress.get(key) ?? 0;
    const { maxViewers, maxViewersPerAddress } = this.config;
    if (this.total >= maxViewers) {
      throw new MaskcastError('UNAVAILABLE', `server.maxViewers is ${maxViewers}, and so many are watching`, {
        retryable: true,
      });
    }
    if (here >= maxViewersPerAddress) {
      throw new MaskcastError(
        'RATE_LIMITED',
        `server.maxViewersPerAddress is ${maxViewersPerAddress}, and so many are watching from this address`,
        { retryable: true },
      );
    }
    this.total += 1;
    this.byAddress.set(key, here + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.total -= 1;
      const left = (this.byAddress.get(key) ?? 1) - 1;
      if (left === 0) this.byAddress.delete(key);
      else this.byAddress.set(key, left);
    };
  }
}
