import { MaskcastError } from '../../core/errors.js';
import type { DeliveryConfig } from '../config.js';
import { addressKey } from './attempt-limiter.js';

/** A bounded number of places, in all and for one address. Always holds: whoever entered leaves once. */
export class Places {
  private readonly byAddress = new Map<string, number>();
  private total = 0;

  constructor(
    private readonly limit: number,
    private readonly limitPerAddress: number,
  ) {}

  /** @returns the function to leave by, or what is full */
  enter(address: string): (() => void) | 'full' | 'full for this address' {
    const key = addressKey(address);
    const here = this.byAddress.get(key) ?? 0;
    if (this.total >= this.limit) return 'full';
    if (here >= this.limitPerAddress) return 'full for this address';
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

/** How many may watch, over sockets and MJPEG together. */
export class ViewerLimits {
  private readonly places: Places;

  constructor(private readonly config: Pick<DeliveryConfig, 'maxViewers' | 'maxViewersPerAddress'>) {
    this.places = new Places(config.maxViewers, config.maxViewersPerAddress);
  }

  /** @returns the function to call once the viewer has gone. @throws MaskcastError UNAVAILABLE, RATE_LIMITED */
  enter(address: string): () => void {
    const leave = this.places.enter(address);
    if (typeof leave === 'function') return leave;
    const { maxViewers, maxViewersPerAddress } = this.config;
    throw leave === 'full'
      ? new MaskcastError('UNAVAILABLE', `${maxViewers} are watching; server.maxViewers allows no more`, {
          retryable: true,
        })
      : new MaskcastError(
          'RATE_LIMITED',
          `${maxViewersPerAddress} are watching from this address; server.maxViewersPerAddress allows no more`,
          { retryable: true },
        );
  }
}
