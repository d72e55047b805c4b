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

/**
 * The names, with ports, under which this server was asked, lower case; one that is empty was not told. A proxy may put its own address in
 * `Host` and the name that the client used in `X-Forwarded-Host`, or pass on what the client has put there: so all of them count.
 */
export function requestedHosts(request: IncomingMessage, { trustedProxies = 0 }: ProxyTrust): readonly string[] {
  const told = trustedProxies > 0 ? forwarded(request, 'x-forwarded-host') : [];
  return [request.headers.host ?? '', ...told].map((name) => name.toLowerCase());
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

/** Whether this is the origin of our own page. The scheme is not compared: behind a proxy that ends TLS this server can't know it. */
export function isSameOrigin(origin: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false; // for instance the opaque origin "null"
  const { host } = new URL(origin);
  return host !== '' && hosts.includes(host);
}

export function isListedOrigin(origin: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.some((allowed) => new URL(allowed).origin === origin);
}
