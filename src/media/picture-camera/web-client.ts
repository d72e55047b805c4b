import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { MaskcastError } from '../../core/errors.js';
import type { SourceSpec } from '../../core/source.js';
import { unanswerable } from '../auth-challenge.js';
import { sourceError } from '../classify.js';
import { LogIn, parseChallenges } from './digest.js';

export type WebSource = Extract<SourceSpec, { kind: 'http' }>;

const MAX_REDIRECTS = 5;

/**
 * GET requests to one camera, over a connection that is kept where the camera keeps it.
 *
 * Always holds: user and password go to the host that they were given for and to no other, whatever a redirect says; a refused log-in is
 * tried once, since cameras lock accounts; certificates are not verified, as cameras sign their own (docs/sources.md).
 */
export class WebClient {
  private readonly plain = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  private readonly encrypted = new HttpsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  private login: LogIn | undefined;

  constructor(
    private readonly source: WebSource,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * The answer's head has come, its body has not been read. Any status but 401 and redirects is the caller's.
   * @throws MaskcastError AUTH_FAILED, CONNECTION_FAILED; CLOSED when the signal aborts
   */
  async get(headers: OutgoingHttpHeaders = {}): Promise<IncomingMessage> {
    let url = new URL(this.source.url);
    let refused = false;
    for (let hops = 0; hops <= MAX_REDIRECTS; ) {
      const answer = await this.request(url, headers);
      const { statusCode = 0 } = answer;
      const location = answer.headers.location;
      if (statusCode === 401) {
        answer.resume();
        this.answerChallenge(answer, url, refused);
        refused = true;
      } else if (statusCode >= 300 && statusCode < 400 && statusCode !== 304 && location !== undefined) {
        answer.resume();
        url = this.redirected(url, location);
        hops += 1;
      } else return answer;
    }
    throw sourceError(this.source, 'CONNECTION_FAILED', `it redirects more than ${MAX_REDIRECTS} times`);
  }

  /** Lets go of every connection. */
  close(): void {
    this.plain.destroy();
    this.encrypted.destroy();
  }

  private request(url: URL, headers: OutgoingHttpHeaders): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const options = {
      agent: secure ? this.encrypted : this.plain,
      // Small cameras send header lines that a strict parser refuses.
      insecureHTTPParser: true,
      signal: this.signal,
      headers: { 'User-Agent': 'maskcast', Accept: '*/*', ...headers, ...this.authorization(url) },
    };
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(url, options, resolve);
      request.on('error', (cause: NodeJS.ErrnoException) => reject(this.failure(cause)));
      request.end();
    });
  }

  private authorization(url: URL): OutgoingHttpHeaders {
    if (!this.login || !this.isHome(url)) return {};
    return { Authorization: this.login.header('GET', `${url.pathname}${url.search}`) };
  }

  private answerChallenge(answer: IncomingMessage, url: URL, refused: boolean): void {
    const challenges = parseChallenges(answer.headersDistinct['www-authenticate'] ?? []);
    const stale = challenges.some(({ fields }) => fields.stale?.toLowerCase() === 'true');
    const { credentials } = this.source;
    const login = credentials && this.isHome(url) ? LogIn.for(challenges, credentials) : undefined;
    if (refused && !stale) throw sourceError(this.source, 'AUTH_FAILED', undefined);
    if (!login && credentials && challenges.length > 0 && this.isHome(url)) {
      throw unanswerable(this.source, challenges, 'Digest with MD5 or SHA-256 and Basic are known');
    }
    if (!login) throw sourceError(this.source, 'AUTH_FAILED', undefined);
    this.login = login;
  }

  private redirected(from: URL, location: string): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (to && (to.protocol === 'http:' || to.protocol === 'https:')) return to;
    throw sourceError(this.source, 'CONNECTION_FAILED', `it redirects to "${location.slice(0, 80)}"`);
  }

  private isHome(url: URL): boolean {
    return url.origin === new URL(this.source.url).origin;
  }

  private failure(cause: NodeJS.ErrnoException): MaskcastError {
    if (this.signal.aborted) return new MaskcastError('CLOSED', 'the request was cancelled', { cause });
    const secure = this.source.url.startsWith('https:') && /SSL|TLS|EPROTO/i.test(`${cause.code} ${cause.message}`);
    return sourceError(this.source, secure ? 'TLS' : 'CONNECTION_FAILED', cause.message);
  }
}
