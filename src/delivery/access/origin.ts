import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { DeliveryConfig } from '../config.js';

/**
 * Who is asking, as far as the request's headers tell, and which pages may ask through a browser. Pure.
 *
 * A browser sends requests on behalf of any page that a person opens. Two headers tell the difference: `Origin` names the
 * page; `Host` names what the browser believes to talk to, which after DNS rebinding is the attacker's own name.
 */

type ProxyTrust = Pick<DeliveryConfig, 'trustedProxies'>;

/** The client's address, looking through as many proxies as are trusted. */
export function clientAddress(request: IncomingMessage, { trustedProxies = 0 }: ProxyTrust): string {
  const hops = [request.socket.remoteAddress ?? '', ...forwarded(request, 'x-forwarded-for').reverse()];
  const address = hops[Math.min(trustedProxies, hops.length - 1)] ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

export function isHttps(request: IncomingMessage, { trustedProxies = 0 }: ProxyTrust): boolean {
  if ('encrypted' in request.socket) return true;
  return trustedProxies > 0 && forwarded(request, 'x-forwarded-proto').at(-1) === 'https';
}

/** The host and port that the client asked for, lower case; empty when it did not say. */
export function requestedHost(request: IncomingMessage, { trustedProxies = 0 }: ProxyTrust): string {
  const told = trustedProxies > 0 ? forwarded(request, 'x-forwarded-host').at(-1) : undefined;
  return (told ?? request.headers.host ?? '').toLowerCase();
}

function forwarded(request: IncomingMessage, header: string): string[] {
  const value = request.headers[header];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Suffixes that public DNS never resolves (RFC 6761, 6762, 8375; ICANN's `internal`). */
const LOCAL_SUFFIXES = ['.localhost', '.local', '.home.arpa', '.internal'];

/**
 * Whether a server without tokens may answer under this Host. Addresses, names without a dot and local suffixes can't be
 * pointed here by somebody else's DNS; any other name has to be allowed.
 */
export function hostAllowed(host: string, allowedHosts: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (name === '') return false;
  if (isIP(name) !== 0 || !name.includes('.')) return true;
  return (
    LOCAL_SUFFIXES.some((suffix) => name.endsWith(suffix)) ||
    allowedHosts.some((allowed) => [name, host].includes(allowed.toLowerCase()))
  );
}

/** Whether the page that sends this Origin is ours or an allowed one. No Origin: not a page, or a same-origin GET. */
export function originAllowed(origin: string | undefined, host: string, allowedOrigins: readonly string[]): boolean {
  if (origin === undefined) return true;
  return isSameOrigin(origin, host) || isListedOrigin(origin, allowedOrigins);
}

/** The scheme is not compared: behind a proxy that ends TLS this server can't know it. */
function isSameOrigin(origin: string, host: string): boolean {
  try {
    return host !== '' && new URL(origin).host === host;
  } catch {
    return false; // for instance the opaque origin "null"
  }
}

export function isListedOrigin(origin: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.some((allowed) => new URL(allowed).origin === origin);
}
