import type { ErrorCode, ErrorRecord } from '../../core/errors.js';
import { MaskcastError } from '../../core/errors.js';
import type { Milliseconds } from '../../core/time.js';
import { SOCKET_PATH, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from './protocol.js';

/** The address of a stream's socket on the server at `url`. @throws MaskcastError USAGE */
export function socketAddress(url: string | URL, stream: string): URL {
  const address = new URL(url);
  if (!/^(https?|wss?):$/.test(address.protocol)) {
    throw new MaskcastError('USAGE', `url must be http(s):// or ws(s)://; received ${address.protocol}//`);
  }
  address.protocol = address.protocol.replace('http', 'ws');
  address.pathname = address.pathname.replace(/\/+$/, '') + SOCKET_PATH + encodeURIComponent(stream);
  address.search = '';
  address.hash = '';
  return address;
}

/** What to offer in the handshake: see TOKEN_SUBPROTOCOL_PREFIX. */
export function subprotocols(token: string | undefined): string[] {
  if (token === undefined) return [SUBPROTOCOL];
  const encoded = btoa(String.fromCharCode(...new TextEncoder().encode(token)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  return [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + encoded];
}

/**
 * A browser does not tell why an upgrade was refused; the HTTP interface does. Absent: it would not refuse, can't be reached, or
 * does not answer within `patience`.
 */
export async function whyRefused(
  socket: URL,
  token: string | undefined,
  patience: Milliseconds,
): Promise<ErrorRecord | undefined> {
  const url = new URL(socket);
  url.protocol = url.protocol.replace('ws', 'http');
  url.pathname = url.pathname.replace(SOCKET_PATH, '/api/v1/streams/');
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(patience) });
    if (response.ok) return undefined;
    const { code, detail } = (await response.json()) as { code: ErrorCode; detail: string };
    return { code, message: detail, retryable: response.status === 429 || response.status >= 500 };
  } catch {
    return undefined; // unreachable, silent, or no Maskcast there: the plain reason has to do
  }
}
