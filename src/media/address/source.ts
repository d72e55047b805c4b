import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MaskcastError } from '../../core/errors.js';
import type { Credentials, SourceSpec } from '../../core/source.js';
import { scrubText } from './redact.js';
import { userInfo } from './user-info.js';

/** How a person names a source. */
export interface SourceText {
  /** Address, path or device; a user and password in it may be raw or percent-encoded. */
  readonly url: string;
  /** Raw. Wins over what the address says. */
  readonly user?: string | undefined;
  /** Raw. */
  readonly password?: string | undefined;
  readonly transport?: 'tcp' | 'udp' | undefined;
}

const ALLOWED =
  'allowed are rtsp://, rtsps://, http://, https://, rtmp://, rtmps://, srt://, udp:// and rtp:// addresses, the path of a file, ' +
  'and a capture device such as /dev/video0; a camera mostly has rtsp://HOST/…';
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const DEVICE = /^\/dev\/(video\d+|v4l\/by-(id|path)\/[^/]+)$/;
/** An address ends where the host's name, and the port where there is one, are over. */
const HOST = /^(\[[0-9a-f:.]+(?:%25?[\w.-]+)?\]|[^\s/?#@:[\]'"\\]+)(?::(\d*))?(?=[/?#]|$)/i;
/** What waits for packets needs no name of a host: `udp://:5000`, `srt://:9000?mode=listener`. */
const LISTENING: ReadonlySet<string> = new Set(['udp', 'rtp', 'srt']);
const LOCAL_PORT = /^():(\d+)(?=[/?#]|$)/;
/** Longer than any address or path of use, shorter than what a system takes on a command line. */
const MAX_LENGTH = 8192;
/** What begins like an address with a slip in it: `rtsp:/host`, `"http://host"`, `host:554/live`, `user@192.0.2.1/live`, `[fe80::1]/live`. */
const SLIP =
  /^[^\w./]*(?:rtsps?|https?|rtmps?|srt|udp|rtp)(?:[:;]|\/\/)|^[\w.-]+:\d+(?:[/?]|$)|^(?:[^\s/]+@)?(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f]*:[\da-f:.]*(?:%\w+)?\])(?:[:/?]|$)/i;
/** Beginnings of what is meant as a path. */
const PATH = /^\.{0,2}\/(?!\/)/;
/** ffmpeg keeps user, colon and password of an RTSP address in this many bytes and cuts off the rest. */
const RTSP_USER_INFO_BYTES = 127;

/** Reads a source. @throws MaskcastError SOURCE_INVALID; its text shows no password */
export function parseSource(input: string | SourceText): SourceSpec {
  const given = typeof input === 'string' ? { url: input } : input;
  const text = given.url.trim();
  if (text === '') throw invalid(`the source is empty; ${ALLOWED}`);
  if (text.length > MAX_LENGTH) {
    throw invalid(`a source may have ${MAX_LENGTH} characters; received ${text.length}`);
  }
  // A line end would end the line of the script that hands the address to ffmpeg.
  if (hasControlCharacter(text)) throw invalid('the source has control characters, which no address or path may have');
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'rtsp':
    case 'rtsps': {
      const { url, credentials } = parseAddress(scheme, text, given);
      return { kind: 'rtsp', url, transport: given.transport ?? 'tcp', credentials };
    }
    case 'http':
    case 'https':
      return { kind: 'http', ...parseAddress(scheme, text, given) };
    case 'rtmp':
    case 'rtmps':
    case 'srt':
      return { kind: 'network', ...parseAddress(scheme, text, given) };
    case 'udp':
    case 'rtp':
      return { kind: 'network', ...parseAddress(scheme, withoutGroupSign(text), given) };
    case 'file':
      return local(filePath(text), given);
    case undefined:
      refuseSlips(text);
      return local(text, given);
    default:
      throw invalid(`"${scheme}://" is no address that can be opened; ${ALLOWED}`);
  }
}

/**
 * Whether the password that was stored with `before` may go along with `now`, which has none: only where both are reached at the
 * same place by the same user. Decided by the very reading of the address by which ffmpeg gets it. @throws MaskcastError
 * SOURCE_INVALID where `now` is no source
 */
export function mayKeepPassword(now: SourceText, before: SourceText): boolean {
  const [a, b] = [parseSource(now), sourceOrNone(before)];
  if (now.password !== undefined || !('url' in a && b && 'url' in b) || a.credentials?.password) return false;
  return endpoint(a.url) === endpoint(b.url) && (a.credentials?.user ?? '') === (b.credentials?.user ?? '');
}

function sourceOrNone(text: SourceText): SourceSpec | undefined {
  try {
    return parseSource(text);
  } catch {
    return undefined;
  }
}

/** `udp://@239.0.0.1:5000` says "listen there"; ffmpeg needs no such sign, and here an @ ends a password. */
const withoutGroupSign = (text: string): string => text.replace('://@', '://');

const PORTS: Readonly<Record<string, string>> = {
  rtsp: '554',
  rtsps: '322',
  http: '80',
  https: '443',
  rtmp: '1935',
  rtmps: '443',
};

function endpoint(url: string): string {
  const [scheme = '', rest = ''] = url.split(/:\/\/(.*)/s);
  const [whole, host = '', port] = HOST.exec(rest) ?? [];
  if (whole === undefined) return url;
  return `${scheme}://${host.toLowerCase()}:${Number(port ?? PORTS[scheme])}`;
}

/** What a source may be called that has no name: a file's name, or a camera's host. Shows no secret. */
export function nameOfSource(text: string): string {
  const source = sourceOrNone({ url: text });
  if (source && !('url' in source)) return basename(source.path, extname(source.path)) || source.path;
  return HOST.exec(source?.url.replace(SCHEME, '') ?? '')?.[1] ?? 'camera';
}

function local(text: string, given: SourceText): SourceSpec {
  if (given.user || given.password) throw invalid('a file or device takes no user and password');
  if (DEVICE.test(text)) return { kind: 'device', path: text };
  const path = resolve(text);
  return { kind: 'file', path, ...(path === text ? {} : { shown: text }) };
}

/** An address with a slip in it would be taken for a file's name, and its password be shown as one. */
function refuseSlips(text: string): void {
  // People paste percent-encoded addresses as well.
  const colon = text.search(/:|%3a/i);
  const logIn = colon !== -1 && colon < Math.max(text.lastIndexOf('@'), text.lastIndexOf('%40'));
  if (PATH.test(text) || !(logIn || text.includes('://') || SLIP.test(text))) return;
  throw invalid(
    `this reads like an address, but does not begin like one (it is not shown, since it may have a password); ${ALLOWED}; ` +
      'a file of such a name is written with ./ before it',
  );
}

function filePath(text: string): string {
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw invalid(`"${scrubText(text)}" is no address of a file on this machine: ${(cause as Error).message}`);
  }
}

function parseAddress(scheme: string, text: string, given: SourceText) {
  const { inline, rest } = splitUserInfo(text.slice(scheme.length + 3));
  const host = LISTENING.has(scheme) ? LOCAL_PORT.exec(rest) || HOST.exec(rest) : HOST.exec(rest);
  if (!host) throw invalid(`the ${scheme} address has no valid host name after "${scheme}://" or after the "@"`);
  const port = host[2];
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw invalid(`the port must be from 1 to 65535; received "${port}"`);
  }
  if (port === undefined && LISTENING.has(scheme)) {
    throw invalid(`a ${scheme} address names its port, as in ${scheme}://HOST:5000; there is no usual one`);
  }
  const credentials = credentialsOf(given, inline);
  if (credentials) check(credentials, scheme);
  return { url: `${scheme}://${rest.replaceAll(' ', '%20')}`, credentials };
}

/**
 * Cuts `user:password@` off. People paste passwords raw, so that any character may stand before the `@`, and a path may have
 * an `@` too. The rule of RFC 3986 (user information ends before the first `/`, `?` or `#`) holds where it finds a host that
 * looks like one; else the first later `@` with such a host behind it ends the password.
 */
function splitUserInfo(rest: string): { readonly inline: string | undefined; readonly rest: string } {
  const end = rest.search(/[/?#]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const at = authority.lastIndexOf('@');
  const split = (position: number) => ({ inline: rest.slice(0, position), rest: rest.slice(position + 1) });
  const plain = at === -1 ? { inline: undefined, rest } : split(at);
  if (!authority.includes(':') || looksLikeHost(plain.rest)) return plain;
  for (let next = rest.indexOf('@', end); end !== -1 && next !== -1; next = rest.indexOf('@', next + 1)) {
    if (looksLikeHost(rest.slice(next + 1))) return split(next);
  }
  return plain;
}

/** An address, a name with a dot, or a name with a port: more than a word that happens to stand behind an `@`. */
function looksLikeHost(text: string): boolean {
  const [, name, port] = HOST.exec(text) ?? [];
  return name !== undefined && (port !== undefined || /^\[|\.|^localhost$/i.test(name));
}

function credentialsOf(given: SourceText, inline: string | undefined): Credentials | undefined {
  const colon = inline?.indexOf(':') ?? -1;
  const inlineUser = colon === -1 ? inline : inline?.slice(0, colon);
  const inlinePassword = colon === -1 ? undefined : inline?.slice(colon + 1);
  const user = given.user ?? percentDecoded(inlineUser ?? '');
  const password = given.password ?? percentDecoded(inlinePassword ?? '');
  return user === '' && password === '' ? undefined : { user, password };
}

/** The text where it is no valid percent-encoding: then the `%` belongs to the password. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function check(credentials: Credentials, scheme: string): void {
  const { user, password } = credentials;
  if (hasControlCharacter(user + password)) throw invalid('user and password must not have control characters');
  if (user.includes(':'))
    throw invalid('the user must not have a colon: HTTP and RTSP log-ins have no way to send one');
  const bytes = Buffer.byteLength(userInfo(credentials));
  if (scheme.startsWith('rtsp') && bytes > RTSP_USER_INFO_BYTES) {
    throw invalid(
      `user and password of an RTSP address may have ${RTSP_USER_INFO_BYTES} bytes together, each of / ? # % @ counting as three; received ${bytes}`,
    );
  }
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\x7f');
}

function invalid(message: string, cause?: unknown): MaskcastError {
  return new MaskcastError('SOURCE_INVALID', message, cause === undefined ? {} : { cause });
}
