import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import type { DeliveryConfig } from '../config.js';
import { Authenticator, type Principal } from './auth.js';
import { clientAddress, hostAllowed, isHttps, originAllowed, requestedHost } from './origin.js';

/** The checks that HTTP requests and WebSocket upgrades have in common, on one configuration. */
export class Gate {
  readonly authenticator: Authenticator;

  constructor(
    private readonly config: DeliveryConfig,
    clock: Clock,
    cookieName: () => string,
  ) {
    this.authenticator = new Authenticator(config.tokens, clock, cookieName);
  }

  addressOf(request: IncomingMessage): string {
    return clientAddress(request, this.config);
  }

  isHttps(request: IncomingMessage): boolean {
    return isHttps(request, this.config);
  }

  /** @throws MaskcastError UNAUTHENTICATED (a wrong token), RATE_LIMITED */
  identify(request: IncomingMessage): Principal {
    return this.authenticator.identify(request, this.addressOf(request));
  }

  /**
   * With tokens a rebound name is harmless: the browser has no cookie for it.
   * @throws MaskcastError ORIGIN_REJECTED
   */
  checkHost(request: IncomingMessage): void {
    const host = requestedHost(request, this.config);
    if (this.authenticator.required || hostAllowed(host, this.config.allowedHosts)) return;
    throw new MaskcastError(
      'ORIGIN_REJECTED',
      `this server has no tokens, so it answers only under addresses, local names and server.allowedHosts; the request ` +
        `was for "${host.slice(0, 100)}"`,
    );
  }

  /** @throws MaskcastError ORIGIN_REJECTED */
  checkOrigin(request: IncomingMessage): void {
    const { origin } = request.headers;
    if (originAllowed(origin, requestedHost(request, this.config), this.config.allowedOrigins)) return;
    throw new MaskcastError(
      'ORIGIN_REJECTED',
      `pages of ${String(origin).slice(0, 100)} may not do this; server.allowedOrigins lists those that may`,
    );
  }
}
