import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.js';
import type { AccessToken } from '../config.js';
import type { Role } from '../http/api-schema.js';

const SESSION_DAYS = 30;
const SESSION_SECONDS = SESSION_DAYS * 24 * 60 * 60;

/** Where a browser that signs in shows the page. */
export interface SignInPlace {
  readonly https: boolean;
  /** In a frame on another site, where browsers keep no cookie but a partitioned one. */
  readonly framed: boolean;
}

/**
 * Cookies that keep a browser signed in. Neither carries the token but `expiry.HMAC-SHA256(token, purpose and expiry)`: they survive a
 * restart, die with the token, and can't be turned back into it.
 *
 * - The *session* says who the browser is. Scripts can't read it, and other sites' requests don't bring it along.
 * - The *sign* says only that there is a session, and comes along when another site links here, which the session does not: so that a link
 *   can't put somebody else's session in its place. It opens nothing.
 */
export class SessionCookies {
  constructor(
    private readonly tokens: readonly AccessToken[],
    private readonly clock: Clock,
    /** Cookies are shared between the ports of a host: the name keeps two servers apart. */
    private readonly name: () => string,
  ) {}

  /** Set-Cookie values that sign a browser in with `token`. */
  signIn(token: string, { https, framed }: SignInPlace): string[] {
    const expires = Math.floor(this.clock.wall() / 1000) + SESSION_SECONDS;
    const session = `${this.name()}=${expires}.${sign(token, 'session', expires)}; Max-Age=${SESSION_SECONDS}`;
    if (framed) return [session + FRAMED];
    const secure = https ? '; Secure' : '';
    const hint = `${this.name()}-sign=${expires}.${sign(token, 'sign', expires)}; Max-Age=${SESSION_SECONDS}`;
    return [session + STRICT + secure, hint + LAX + secure];
  }

  /** Set-Cookie values that sign a browser out, wherever it shows the page. */
  signOut(https: boolean): string[] {
    const secure = https ? '; Secure' : '';
    const session = `${this.name()}=; Max-Age=0`;
    return [session + STRICT + secure, `${this.name()}-sign=; Max-Age=0${LAX}${secure}`, session + FRAMED];
  }

  /** Who the session says the browser is. */
  roleOf(request: IncomingMessage): Role | undefined {
    return this.verify(readCookie(request, this.name()), 'session');
  }

  /** Whether the browser is signed in, also where its request comes by another site's link. */
  isSignedIn(request: IncomingMessage): boolean {
    const hint = this.verify(readCookie(request, `${this.name()}-sign`), 'sign');
    return (hint ?? this.roleOf(request)) !== undefined;
  }

  private verify(value = '', purpose: Purpose): Role | undefined {
    const [expiresText = '', signature = ''] = value.split('.');
    const expires = Number(expiresText);
    if (!Number.isSafeInteger(expires) || expires * 1000 < this.clock.wall()) return undefined;
    let role: Role | undefined;
    for (const candidate of this.tokens) {
      const expected = sign(candidate.token, purpose, expires);
      if (timingSafeEqual(sha256(expected), sha256(signature))) role = candidate.role;
    }
    return role;
  }
}

type Purpose = 'session' | 'sign';

const STRICT = '; Path=/; HttpOnly; SameSite=Strict';
const LAX = '; Path=/; HttpOnly; SameSite=Lax';
const FRAMED = '; Path=/; HttpOnly; SameSite=None; Partitioned; Secure';

function readCookie(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

const sign = (token: string, purpose: Purpose, expires: number): string =>
  createHmac('sha256', token).update(`maskcast ${purpose} until ${expires}`).digest('base64url');
