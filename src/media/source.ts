import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MaskcastError } from '../core/errors.js';
import type { Credentials, SourceSpec } from '../core/source.js';
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
  'allowed are rtsp://, rtsps://, http:// and https:// addresses, the path of a file, and a capture device such as /dev/video0';
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const DEVICE = /^\/dev\/(video\d+|v4l\/by-(id|path)\/[^/]+)$/;
/** An address ends where the host's name, and the port where there is one, are over. */
const HOST = /^(\[[0-9a-f:.]+(?:%25?[\w.-]+)?\]|[^\s/?#@:[\]'"\\]+)(?::(\d*))?(?=[/?#]|$)/i;
/** ffmpeg keeps user, colon and password of an RTSP address in this many bytes and cuts off the rest. */
const RTSP_USER_INFO_BYTES = 127;

/** Reads a source. @throws MaskcastError SOURCE_INVALID; its text shows no password */
export function parseSource(input: string | SourceText): SourceSpec {
  const given = typeof input === 'string' ? { url: input } : input;
  const text = given.url.trim();
  if (text === '') throw invalid(`the source is empty; ${ALLOWED}`);
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
    case 'file':
      return local(filePath(text), given);
    case undefined:
      return local(text, given);
    default:
      throw invalid(`"${scheme}://" is no address that can be opened; ${ALLOWED}`);
  }
}

function local(path: string, given: SourceText): SourceSpec {
  if (given.user || given.password) throw invalid('a file or device takes no user and password');
  return DEVICE.test(path) ? { kind: 'device', path } : { kind: 'file', path: resolve(path) };
}

function filePath(text: string): string {
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw invalid(`"${text}" is no address of a file on this machine: ${(cause as Error).message}`, cause);
  }
}

function parseAddress(scheme: string, text: string, given: SourceText) {
  const { inline, rest } = splitUserInfo(text.slice(scheme.length + 3));
  const host = HOST.exec(rest);
  if (!host) throw invalid(`the ${scheme} address has no valid host name after "${scheme}://" or after the "@"`);
  const port = host[2];
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw invalid(`the port must be from 1 to 65535; received "${port}"`);
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
