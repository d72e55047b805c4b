import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import { ms } from '../../core/time.js';
import type { AccessToken } from '../config.js';
import type { Role } from '../http/api-schema.js';
import { TOKEN_SUBPROTOCOL_PREFIX } from '../wire/protocol.js';
import { AttemptLimiter } from './attempt-limiter.js';
import { SessionCookies } from './session-cookies.js';

/** Who a request comes from. */
export interface Principal {
  /** Absent: may only see what is open to all. */
  readonly role: Role | undefined;
  /** How it is known. `open`: this server has no tokens. */
  readonly via: 'open' | 'bearer' | 'query' | 'subprotocol' | 'cookie' | 'none';
}

const FAILURES_A_MINUTE = 10;

/**
 * Tells roles from tokens. In: a request's headers and address. Out: a Principal, or an error. Always holds: tokens are
 * compared in constant time; an address with too many wrong tokens has to wait; without tokens everybody is an admin.
 */
export class Authenticator {
  readonly cookies: SessionCookies;
  private readonly failures: AttemptLimiter;
  private readonly known: readonly { readonly digest: Buffer; readonly token: string; readonly role: Role }[];

  constructor(tokens: readonly AccessToken[], clock: Clock, cookieName: () => string) {
    this.known = tokens.map(({ token, role }) => ({ digest: sha256(token), token, role }));
    this.cookies = new SessionCookies(tokens, clock, cookieName);
    this.failures = new AttemptLimiter(clock, FAILURES_A_MINUTE, ms(60_000));
  }

  get required(): boolean {
    return this.known.length > 0;
  }

  /** @throws MaskcastError UNAUTHENTICATED (a wrong token was sent), RATE_LIMITED */
  identify(request: IncomingMessage, address: string): Principal {
    if (!this.required) return { role: 'admin', via: 'open' };
    const presented = presentedToken(request);
    if (presented) return { role: this.roleOf(presented.token, address), via: presented.via };
    const role = this.cookies.roleOf(request);
    return role ? { role, via: 'cookie' } : { role: undefined, via: 'none' };
  }

  /** The role of a token that a person typed or a client sent. @throws MaskcastError UNAUTHENTICATED, RATE_LIMITED */
  roleOf(token: string, address: string): Role {
    const wait = this.failures.blockedFor(address);
    if (wait > 0) {
      throw new MaskcastError('RATE_LIMITED', `too many wrong tokens; try again in ${Math.ceil(wait / 1000)} s`, {
        retryable: true,
        details: { retryAfterSeconds: Math.ceil(wait / 1000) },
      });
    }
    const digest = sha256(token);
    let role: Role | undefined;
    for (const candidate of this.known) {
      if (timingSafeEqual(candidate.digest, digest)) role = candidate.role;
    }
    if (!role) {
      this.failures.record(address);
      throw new MaskcastError('UNAUTHENTICATED', 'the token is not one of this server');
    }
    return role;
  }
}

/** @throws MaskcastError UNAUTHENTICATED or FORBIDDEN when `principal` may not do what needs `access` */
export function assertAccess(principal: Principal, access: Role): void {
  if (principal.role === undefined) {
    throw new MaskcastError('UNAUTHENTICATED', 'this needs a token: send it as "Authorization: Bearer …" or sign in');
  }
  if (access === 'admin' && principal.role !== 'admin') {
    throw new MaskcastError('FORBIDDEN', 'this needs an admin token; a viewer token may watch but not change');
  }
}

function presentedToken(request: IncomingMessage): (Pick<Principal, 'via'> & { token: string }) | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { token: bearer, via: 'bearer' };
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  const carrier = offered.find((part) => part.startsWith(TOKEN_SUBPROTOCOL_PREFIX));
  if (carrier !== undefined) {
    const encoded = carrier.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
    return { token: Buffer.from(encoded, 'base64url').toString('utf8'), via: 'subprotocol' };
  }
  const query = queryOf(request).get('token');
  return query === null ? undefined : { token: query, via: 'query' };
}

function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '';
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
