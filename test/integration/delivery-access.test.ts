import { describe, expect, it } from 'vitest';
import { ADMIN, GUARDED, LOCAL, problemCode, startDelivery, VIEWER } from '../support/delivery.js';
import { fakeFrame } from '../support/fakes/fake-streams.js';
import { json, rawGet } from '../support/http.js';

describe('who may do what', () => {
  const NEEDS = [
    ['GET', '/', 'open'],
    ['GET', '/healthz', 'open'],
    ['GET', '/readyz', 'open'],
    ['GET', '/api/openapi.json', 'open'],
    ['GET', '/api/v1/session', 'open'],
    ['DELETE', '/api/v1/session', 'open'],
    ['GET', '/metrics', 'viewer'],
    ['GET', '/api/v1/streams', 'viewer'],
    ['GET', '/api/v1/streams/one', 'viewer'],
    ['GET', '/api/v1/streams/one/snapshot.jpg', 'viewer'],
    ['HEAD', '/api/v1/streams/one/stream.mjpeg', 'viewer'],
    ['GET', '/api/v1/models', 'viewer'],
    ['POST', '/api/v1/streams', 'admin'],
    ['PATCH', '/api/v1/streams/one', 'admin'],
    ['POST', '/api/v1/probe', 'admin'],
    ['DELETE', '/api/v1/streams/one', 'admin'],
  ] as const;
  const RANK = { none: 0, viewer: 1, admin: 2 };
  const LEAST = { open: 0, viewer: 1, admin: 2 };
  const BODIES: Record<string, unknown> = {
    'POST /api/v1/streams': { name: 'New', source: { url: 'a.mp4' } },
    'PATCH /api/v1/streams/one': { name: 'One' },
    'POST /api/v1/probe': { url: 'a.mp4' },
  };

  it.each([
    ['none', undefined],
    ['viewer', VIEWER],
    ['admin', ADMIN],
  ] as const)('%s', async (role, token) => {
    const { url, streams } = await startDelivery({ config: GUARDED });
    streams.feed('one').emit(await fakeFrame(1));
    for (const [method, path, needs] of NEEDS) {
      const body = BODIES[`${method} ${path}`];
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(url + path, body ? json(method, body, headers) : { method, headers });
      const expected = RANK[role] >= LEAST[needs] ? expect.closeTo(200, -2) : role === 'none' ? 401 : 403;
      expect([method, path, response.status]).toEqual([method, path, expected]);
      await response.arrayBuffer();
    }
  });

  it('is told apart for every operation of the API', async () => {
    const { url } = await startDelivery();
    const { paths } = (await (await fetch(`${url}/api/openapi.json`)).json()) as { paths: Record<string, object> };
    const tested = new Set(
      NEEDS.map(([method, path]) => `${method.replace('HEAD', 'GET')} ${path.replace('/one', '/{id}')}`),
    );
    tested.add('POST /api/v1/session'); // below
    const offered = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(offered.filter((operation) => !tested.has(operation))).toEqual([]);
  });

  it.each([
    [ADMIN, 'rtsp://camera.example/one'],
    [VIEWER, 'rtsp://camera.example/…'],
  ])('an address is shown to whom it may be shown', async (token, source) => {
    const { url } = await startDelivery({ config: GUARDED });
    const headers = { authorization: `Bearer ${token}` };
    expect(await (await fetch(`${url}/api/v1/streams`, { headers })).json()).toMatchObject([{ source }]);
    expect(await (await fetch(`${url}/api/v1/streams/one`, { headers })).json()).toMatchObject({ source });
  });

  it('a wrong token is refused even where none is needed', async () => {
    const { url } = await startDelivery({ config: GUARDED });
    const response = await fetch(`${url}/healthz?token=wrong`);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="maskcast"']);
    expect(await problemCode(response)).toBe('UNAUTHENTICATED');
  });
});

describe('signing in', () => {
  it('by token gives a cookie that watches and changes, and ends', async () => {
    const { url, port } = await startDelivery({ config: GUARDED });
    const signedIn = await fetch(`${url}/api/v1/session`, json('POST', { token: ADMIN }));
    expect(await signedIn.json()).toEqual({ authentication: 'token', role: 'admin' });
    const [setCookie = ''] = signedIn.headers.getSetCookie();
    expect(setCookie).toMatch(new RegExp(`^maskcast-${port}=.*HttpOnly; SameSite=Strict$`));
    const cookie = setCookie.split(';')[0] ?? '';
    expect((await fetch(`${url}/api/v1/streams/one`, { headers: { cookie }, method: 'DELETE' })).status).toBe(204);

    const signedOut = await fetch(`${url}/api/v1/session`, { method: 'DELETE', headers: { cookie } });
    for (const ended of signedOut.headers.getSetCookie()) expect(ended).toContain('Max-Age=0');
  });

  it('in a frame on another site gives a partitioned cookie, which speaks for our own page alone', async () => {
    const elsewhere = 'https://home.example';
    const config = { ...GUARDED, allowedOrigins: [elsewhere] };
    const { url, port } = await startDelivery({ config });
    const signedIn = await fetch(`${url}/api/v1/session`, json('POST', { token: ADMIN, framed: true }));
    const [setCookie = '', ...others] = signedIn.headers.getSetCookie();
    expect([setCookie, others]).toEqual([expect.stringMatching(/; SameSite=None; Partitioned; Secure$/), []]);
    const cookie = setCookie.split(';')[0] ?? '';
    const remove = async (origin: string) =>
      (await fetch(`${url}/api/v1/streams/one`, { headers: { cookie, origin }, method: 'DELETE' })).status;
    expect([await remove(elsewhere), await remove(`http://127.0.0.1:${port}`)]).toEqual([401, 204]);
  });

  it('with a wrong token fails, and after ten failures has to wait', async () => {
    const { url } = await startDelivery({ config: GUARDED });
    for (let i = 0; i < 10; i++) {
      const response = await fetch(`${url}/api/v1/session`, json('POST', { token: `guess-${i}` }));
      expect(await problemCode(response)).toBe('UNAUTHENTICATED');
    }
    const blocked = await fetch(`${url}/api/v1/session`, json('POST', { token: ADMIN }));
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(50);
    expect((await fetch(url)).status).toBe(200);
  });

  it('by a link takes the token out of the address bar', async () => {
    const { url } = await startDelivery({ config: GUARDED });
    const response = await fetch(`${url}/?token=${VIEWER}`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, './']);
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const session = await fetch(`${url}/api/v1/session`, { headers: { cookie } });
    expect(await session.json()).toEqual({ authentication: 'token', role: 'viewer' });
  });

  it('by a link changes nobody who is signed in, wherever the link was', async () => {
    const { url } = await startDelivery({ config: GUARDED });
    const signedIn = await fetch(`${url}/api/v1/session`, json('POST', { token: ADMIN }));
    const [session = '', sign = ''] = signedIn.headers.getSetCookie().map((text) => text.split(';')[0] ?? '');
    // Another site's link brings the sign along, and not the session.
    for (const cookie of [session, sign, `${session}; ${sign}`]) {
      const linked = await fetch(`${url}/?token=${VIEWER}`, { redirect: 'manual', headers: { cookie } });
      expect([linked.status, linked.headers.getSetCookie()]).toEqual([303, []]);
    }
    const byTheSign = await fetch(`${url}/api/v1/session`, { headers: { cookie: sign.replace('-sign=', '=') } });
    expect(await byTheSign.json()).toEqual({ authentication: 'token' });
    const forged = `${sign.split('=')[0]}=${Math.floor(Date.now() / 1000) + 1000}.AAAA`;
    const linked = await fetch(`${url}/?token=${VIEWER}`, { redirect: 'manual', headers: { cookie: forged } });
    expect(linked.headers.getSetCookie()).toHaveLength(2);
  });

  it('by a link in a frame on another site is kept there', async () => {
    const { url } = await startDelivery({ config: GUARDED });
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' };
    const { headers: answer } = await fetch(`${url}/?token=${VIEWER}`, { redirect: 'manual', headers });
    expect(answer.getSetCookie()).toEqual([expect.stringContaining('Partitioned')]);
  });

  it('is no matter where there are no tokens', async () => {
    const { url } = await startDelivery();
    const session = await (await fetch(`${url}/api/v1/session`)).json();
    expect(session).toEqual({ authentication: 'none', role: 'admin' });
  });
});

describe('other pages in the same browser', () => {
  const evil = { origin: 'https://evil.example' };

  it('may not change anything, whatever form the request has', async () => {
    const { url, streams } = await startDelivery();
    const requests = [
      fetch(`${url}/api/v1/streams/one`, { method: 'DELETE', headers: evil }),
      fetch(`${url}/api/v1/streams`, json('POST', { name: 'x', source: { url: 'a' } }, evil)),
      fetch(`${url}/api/v1/streams/one`, { method: 'DELETE', headers: { origin: 'null' } }),
    ];
    for (const response of await Promise.all(requests)) expect(await problemCode(response)).toBe('ORIGIN_REJECTED');
    expect([...streams.feeds.keys()]).toEqual(['one']);
  });

  it('may not read answers nor embed pictures', async () => {
    const { url, streams } = await startDelivery();
    streams.feed('one').emit(await fakeFrame(1));
    const response = await fetch(`${url}/api/v1/streams/one/snapshot.jpg`, { headers: evil });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it('may embed a picture if they hold a token', async () => {
    const { url, streams } = await startDelivery({ config: GUARDED });
    streams.feed('one').emit(await fakeFrame(1));
    const response = await fetch(`${url}/api/v1/streams/one/snapshot.jpg?token=${VIEWER}`);
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('may do all that where their origin is allowed', async () => {
    const config = { ...LOCAL, allowedOrigins: ['https://home.example'] };
    const { url } = await startDelivery({ config });
    const headers = { origin: 'https://home.example' };
    const preflight = await fetch(`${url}/api/v1/streams/one`, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type');
    const removed = await fetch(`${url}/api/v1/streams/one`, { method: 'DELETE', headers });
    expect([removed.status, removed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://home.example']);
    expect((await fetch(url)).headers.get('content-security-policy')).toContain(
      "frame-ancestors 'self' https://home.example",
    );
  });

  it('get nowhere by DNS rebinding', async () => {
    const { port } = await startDelivery();
    const { status, body } = await rawGet(port, '/api/v1/streams', { host: `rebound.evil.example:${port}` });
    expect([status, JSON.parse(body).code]).toEqual([403, 'ORIGIN_REJECTED']);
    expect((await rawGet(port, '/api/v1/streams', { host: 'localhost' })).status).toBe(200);
  });

  it('get nowhere by DNS rebinding behind a proxy, whatever they say', async () => {
    const { port } = await startDelivery({
      config: { ...LOCAL, trustedProxies: 1, allowedHosts: ['cameras.example.org'] },
    });
    const ask = async (host: string, told?: string) => {
      const headers = { host, 'x-forwarded-for': '192.0.2.7', ...(told !== undefined && { 'x-forwarded-host': told }) };
      return (await rawGet(port, '/api/v1/streams', headers)).status;
    };
    for (const told of [undefined, 'localhost', '127.0.0.1', 'evil.example, localhost', 'localhost, evil.example']) {
      expect([told, await ask('evil.example', told)]).toEqual([told, 403]);
    }
    // A proxy that puts its own name for us in Host, and adds the client's to what the client has sent.
    expect(await ask('127.0.0.1:8080', 'evil.example')).toBe(403);
    expect(await ask('127.0.0.1:8080', 'localhost, evil.example')).toBe(403);
    expect(await ask('127.0.0.1:8080', 'cameras.example.org')).toBe(200);
    expect(await ask('cameras.example.org')).toBe(200);
  });
});
