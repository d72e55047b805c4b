import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from '../../core/source.js';

/** Log-in over HTTP: Basic (RFC 7617) and Digest (RFC 7616) with MD5 and SHA-256, of which ffmpeg knows MD5 only. */

/** One way in which a server asks for a log-in. */
export interface Challenge {
  readonly scheme: 'basic' | 'digest';
  readonly fields: Readonly<Record<string, string>>;
}

/** @param headers values of `WWW-Authenticate`; each may hold several challenges */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) =>
    [
      ...header.matchAll(
        /(?:^|,)\s*(basic|digest)(?=\s|$)((?:\s*,?\s*[\w-]+\s*=\s*(?:"(?:\\.|[^"\\])*"|[^\s,"]+))*)/gi,
      ),
    ].map(([, scheme = '', rest = '']) => ({
      scheme: scheme.toLowerCase() as Challenge['scheme'],
      fields: fieldsOf(rest),
    })),
  );
}

function fieldsOf(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, key = '', quoted, plain = ''] of text.matchAll(/([\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))/g)) {
    fields[key.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain;
  }
  return fields;
}

const HASHES: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256' };
/** Without one the server means MD5. */
const algorithmOf = ({ fields }: Challenge): string => (fields.algorithm ?? 'MD5').toUpperCase();
const hashOf = (challenge: Challenge): string | undefined => HASHES[algorithmOf(challenge).replace(/-SESS$/, '')];

/** What a server that wants a log-in asks for, in words: `Digest with SHA-256`. */
export function wordsOf(challenges: readonly Challenge[]): string {
  const names = challenges.map((challenge) =>
    challenge.scheme === 'basic' ? 'Basic' : `Digest with ${algorithmOf(challenge)}`,
  );
  return [...new Set(names)].join(' or ');
}

/** Whether ffmpeg can answer one of them. */
export function ffmpegCanAnswer(challenges: readonly Challenge[]): boolean {
  return challenges.some((challenge) => challenge.scheme === 'basic' || algorithmOf(challenge) === 'MD5');
}

/** Answers a server; keeps count of a nonce's uses. */
export class LogIn {
  private uses = 0;

  private constructor(
    private readonly challenge: Challenge,
    private readonly credentials: Credentials,
    private readonly cnonce: string,
  ) {}

  /** The strongest of `challenges` that can be answered, or undefined. */
  static for(
    challenges: readonly Challenge[],
    credentials: Credentials,
    cnonce: string = randomBytes(8).toString('hex'),
  ): LogIn | undefined {
    const strength = (challenge: Challenge) =>
      challenge.scheme === 'basic' ? 1 : hashOf(challenge) === 'sha256' ? 3 : hashOf(challenge) ? 2 : 0;
    const best = [...challenges].sort((a, b) => strength(b) - strength(a))[0];
    return best && strength(best) > 0 ? new LogIn(best, credentials, cnonce) : undefined;
  }

  /** Value of `Authorization`. @param uri path and query, as in the request line */
  header(method: string, uri: string): string {
    const { user, password } = this.credentials;
    if (this.challenge.scheme === 'basic') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const { realm = '', nonce = '', qop, opaque } = this.challenge.fields;
    const hash = (text: string) =>
      createHash(hashOf(this.challenge) ?? 'md5')
        .update(text)
        .digest('hex');
    this.uses += 1;
    const nc = this.uses.toString(16).padStart(8, '0');
    const withQop = qop === undefined ? undefined : qop.split(/\s*,\s*/).includes('auth') ? 'auth' : qop;
    const plain = hash(`${user}:${realm}:${password}`);
    const secret = algorithmOf(this.challenge).endsWith('-SESS') ? hash(`${plain}:${nonce}:${this.cnonce}`) : plain;
    const request = hash(`${method}:${uri}`);
    const middle = withQop === undefined ? [nonce] : [nonce, nc, this.cnonce, withQop];
    const response = hash([secret, ...middle, request].join(':'));
    const quoted = { username: user, realm, nonce, uri, response, ...(opaque === undefined ? {} : { opaque }) };
    return [
      `Digest ${Object.entries(quoted)
        .map(([key, value]) => `${key}="${value.replace(/["\\]/g, '\\$&')}"`)
        .join(', ')}`,
      ...(this.challenge.fields.algorithm === undefined ? [] : [`algorithm=${this.challenge.fields.algorithm}`]),
      ...(withQop === undefined ? [] : [`qop=${withQop}`, `nc=${nc}`, `cnonce="${this.cnonce}"`]),
    ].join(', ');
  }
}
