import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  clientAddress,
  hostAllowed,
  isHttps,
  isListedOrigin,
  isSameOrigin,
  requestedHosts,
} from '../../../../src/delivery/access/origin.js';

const request = (headers: Record<string, string>, remoteAddress = '10.0.0.9'): IncomingMessage =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage;

describe('the Host of a server without tokens', () => {
  it.each([
    '127.0.0.1:8080',
    '[::1]:8080',
    'localhost:8080',
    '192.168.1.5',
    'nas:8080',
    'cam.local',
    'a.home.arpa:1',
    'x.internal',
  ])('may be %s, which no public DNS can give out', (host) => expect(hostAllowed(host, [])).toBe(true));

  it.each([
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'local.evil.example',
    '',
    'localhost.example',
  ])('may not be %j, which somebody could point here', (host) => expect(hostAllowed(host, [])).toBe(false));

  it('may be a name that the owner allows, with or without its port', () => {
    expect(hostAllowed('cams.example.org:8443', ['cams.example.org'])).toBe(true);
    expect(hostAllowed('cams.example.org:8443', ['cams.example.org:8443'])).toBe(true);
    expect(hostAllowed('cams.example.org:9', ['cams.example.org:8443'])).toBe(false);
  });
});

describe('the Origin of a request', () => {
  it('may be the same, whatever the scheme, or listed', () => {
    expect(isSameOrigin('http://a:1', ['a:1'])).toBe(true);
    expect(isSameOrigin('https://a', ['127.0.0.1:8080', 'a'])).toBe(true);
    expect(isListedOrigin('https://home.example', ['https://home.example/'])).toBe(true);
  });

  it.each(['http://evil.example', 'http://a:2', 'null', 'file://', 'http://a:1.evil.example', 'nonsense'])(
    'may not be %s',
    (origin) =>
      expect([isSameOrigin(origin, ['a:1', '']), isListedOrigin(origin, ['https://home.example'])]).toEqual([
        false,
        false,
      ]),
  );
});

describe('behind proxies', () => {
  const chain = {
    'x-forwarded-for': '6.6.6.6, 203.0.113.7, 10.0.0.2',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'Cams.example',
  };

  it('headers count for nothing until a proxy is trusted', () => {
    expect(clientAddress(request(chain), {})).toBe('10.0.0.9');
    expect(isHttps(request(chain), {})).toBe(false);
    expect(requestedHosts(request({ ...chain, host: 'inner:8080' }), {})).toEqual(['inner:8080']);
  });

  it('the address is that which the outermost trusted proxy saw, not what the client wrote', () => {
    expect(clientAddress(request(chain), { trustedProxies: 1 })).toBe('10.0.0.2');
    expect(clientAddress(request(chain), { trustedProxies: 2 })).toBe('203.0.113.7');
    expect(clientAddress(request({}), { trustedProxies: 2 })).toBe('10.0.0.9');
    expect(isHttps(request(chain), { trustedProxies: 1 })).toBe(true);
    expect(requestedHosts(request({ ...chain, host: 'inner:8080' }), { trustedProxies: 1 })).toEqual([
      'inner:8080',
      'cams.example',
    ]);
  });

  it('an IPv4 address in IPv6 clothes is the IPv4 address', () => {
    expect(clientAddress(request({}, '::ffff:192.0.2.1'), {})).toBe('192.0.2.1');
  });
});
