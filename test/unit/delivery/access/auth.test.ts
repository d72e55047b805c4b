import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Authenticator, assertAccess } from '../../../../src/delivery/access/auth.js';
import { ManualClock } from '../../../support/fakes/manual-clock.js';

const ADMIN = 'admin-token-1234567890';
const VIEWER = 'viewer-token-äöü-1234';
const TOKENS = [
  { token: ADMIN, role: 'admin' as const },
  { token: VIEWER, role: 'viewer' as const },
];
const HERE = '192.0.2.1';

function request(headers: Record<string, string> = {}, url = '/'): IncomingMessage {
  return { headers, url } as unknown as IncomingMessage;
}

function setUp(tokens = TOKENS) {
  const clock = new ManualClock();
  return { clock, auth: new Authenticator(tokens, clock, () => 'maskcast-1') };
}

const cookiePair = (setCookie = ''): string => setCookie.split(';')[0] ?? '';
const sessionPair = ({ cookies }: Authenticator): string =>
  cookiePair(cookies.signIn(ADMIN, { https: false, framed: false })[0]);

describe('a token', () => {
  it.each([
    ['Authorization header', request({ authorization: `Bearer ${ADMIN}` }), 'admin', 'bearer'],
    ['query', request({}, `/x?a=1&token=${encodeURIComponent(VIEWER)}`), 'viewer', 'query'],
    [
      'WebSocket subprotocol',
      request({ 'sec-websocket-protocol': `maskcast.v1, maskcast.token.${Buffer.from(VIEWER).toString('base64url')}` }),
      'viewer',
      'subprotocol',
    ],
  ])('in the %s is understood', (_where, incoming, role, via) => {
    expect(setUp().auth.identify(incoming, HERE)).toEqual({ role, via });
  });

  it('that is wrong is an error, not an anonymous request', () => {
    const { auth } = setUp();
    for (const wrong of ['wrong', `${ADMIN}x`, ADMIN.slice(1), ADMIN.toUpperCase()]) {
      expect(() => auth.identify(request({ authorization: `Bearer ${wrong}` }), HERE)).toThrow(
        expect.objectContaining({ code: 'UNAUTHENTICATED' }),
      );
    }
  });

  it('is needed for nothing where the server has none', () => {
    const { auth } = setUp([]);
    expect(auth.identify(request(), HERE)).toEqual({ role: 'admin', via: 'open' });
  });
});

describe('wrong tokens', () => {
  it('block their address for a minute, right ones included, and no other address', async () => {
    const { auth, clock } = setUp();
    const good = request({ authorization: `Bearer ${ADMIN}` });
    for (let i = 0; i < 10; i++) expect(() => auth.roleOf(`guess ${i}`, HERE)).toThrow('not one of this server');
    expect(() => auth.identify(good, HERE)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryable: true }));
    expect(auth.identify(good, '192.0.2.2').role).toBe('admin');
    await clock.advance(60_000);
    expect(auth.identify(good, HERE).role).toBe('admin');
  });

  it('of one IPv6 household count together', () => {
    const { auth } = setUp();
    for (let i = 0; i < 10; i++) expect(() => auth.roleOf('x', `2001:db8:1:1::${i}`)).toThrow();
    expect(() => auth.roleOf(ADMIN, '2001:db8:1:2::99')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
    expect(auth.roleOf(ADMIN, '2001:db8:2::1')).toBe('admin');
  });

  it('from very many addresses do not fill the memory', () => {
    const { auth } = setUp();
    for (let i = 0; i < 10_050; i++) {
      expect(() => auth.roleOf('x', `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`)).toThrow();
    }
    const counters = Reflect.get(Reflect.get(auth, 'failures'), 'counters') as Map<string, unknown>;
    expect(counters.size).toBe(10_000);
  });
});

describe('a session cookie', () => {
  it('keeps the role, hides the token, and is out of reach of scripts and other sites', () => {
    const { auth } = setUp();
    const [setCookie = ''] = auth.cookies.signIn(VIEWER, { https: true, framed: false });
    expect(setCookie).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
    expect(setCookie).not.toContain(VIEWER);
    expect(auth.identify(request({ cookie: `other=1; ${cookiePair(setCookie)}` }), HERE)).toEqual({
      role: 'viewer',
      via: 'cookie',
    });
  });

  it('holds over a restart and dies with its token', () => {
    const pair = sessionPair(setUp().auth);
    expect(setUp().auth.identify(request({ cookie: pair }), HERE).role).toBe('admin');
    const without = setUp([{ token: VIEWER, role: 'viewer' }]).auth;
    expect(without.identify(request({ cookie: pair }), HERE)).toEqual({ role: undefined, via: 'none' });
  });

  it('ends after thirty days, and no client can make it longer', async () => {
    const { auth, clock } = setUp();
    const pair = sessionPair(auth);
    const longer = pair.replace(/=\d+/, (expiry) => `=${Number(expiry.slice(1)) + 1000}`);
    expect(auth.identify(request({ cookie: longer }), HERE).role).toBeUndefined();
    await clock.advance(30 * 24 * 3600 * 1000 + 1000);
    expect(auth.identify(request({ cookie: pair }), HERE).role).toBeUndefined();
  });

  it('still works where somebody else at the address guesses tokens', () => {
    const { auth } = setUp();
    const pair = sessionPair(auth);
    for (let i = 0; i < 20; i++) expect(() => auth.roleOf('x', HERE)).toThrow();
    expect(auth.identify(request({ cookie: pair }), HERE).role).toBe('admin');
  });

  it.each([
    'maskcast-1=',
    'maskcast-1=.',
    'maskcast-1=99999999999.',
    'maskcast-1=NaN.x',
    'maskcast-1=1e999.x',
    'maskcast-1',
  ])('that reads %s is nobody', (cookie) =>
    expect(setUp().auth.identify(request({ cookie }), HERE).role).toBeUndefined(),
  );
});

describe('access', () => {
  it.each([
    [undefined, 'viewer', 'UNAUTHENTICATED'],
    [undefined, 'admin', 'UNAUTHENTICATED'],
    ['viewer', 'admin', 'FORBIDDEN'],
  ] as const)('of %s to what needs %s is %s', (role, needed, code) => {
    expect(() => assertAccess({ role, via: 'none' }, needed)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['viewer', 'viewer'],
    ['admin', 'viewer'],
    ['admin', 'admin'],
  ] as const)('of %s to what needs %s is granted', (role, needed) => {
    expect(() => assertAccess({ role, via: 'bearer' }, needed)).not.toThrow();
  });
});
