import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import type { DeliveryConfig } from '../config.js';
import { Authenticator, type Principal } from './auth.js';
import { clientAddress, hostAllowed, isHttps, isListedOrigin, isSameOrigin, requestedHosts } from './origin.js';

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

  /**
   * A cookie speaks for our own page only: other pages, those of allowed origins too, bring a token.
   * @throws MaskcastError UNAUTHENTICATED (a wrong token), RATE_LIMITED
   */
  identify(request: IncomingMessage): Principal {
    const principal = this.authenticator.identify(request, this.addressOf(request));
    if (principal.via !== 'cookie' || this.isOurOwn(request)) return principal;
    return { role: undefined, via: 'none' };
  }

  /**
   * With tokens a rebound name is harmless: the browser has no cookie for it.
   * @throws MaskcastError ORIGIN_REJECTED
   */
  checkHost(request: IncomingMessage): void {
    const foreign = requestedHosts(request, this.config).find((name) => !hostAllowed(name, this.config.allowedHosts));
    if (this.authenticator.required || foreign === undefined) return;
    throw new MaskcastError(
      'ORIGIN_REJECTED',
      `this server has no tokens, so it answers only under addresses, local names and server.allowedHosts; the request ` +
        `was for "${foreign.slice(0, 100)}"`,
    );
  }

  /** @throws MaskcastError ORIGIN_REJECTED */
  checkOrigin(request: IncomingMessage): void {
    const { origin } = request.headers;
    if (this.isOurOwn(request) || isListedOrigin(String(origin), this.config.allowedOrigins)) return;
    throw new MaskcastError(
      'ORIGIN_REJECTED',
      `pages of ${String(origin).slice(0, 100)} may not do this; server.allowedOrigins lists those that may`,
    );
  }

  /** Whether our own page asks, or no page: browsers leave `Origin` out where a page gets what is its own. */
  private isOurOwn(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    return origin === undefined || isSameOrigin(origin, requestedHosts(request, this.config));
  }
}
