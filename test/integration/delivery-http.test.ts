import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MaskcastError } from '../../src/core/errors.js';
import { modelView, problem, sourceInfo, streamView } from '../../src/delivery/api-schema.js';
import { createDeliveryServer } from '../../src/delivery/server.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { ADMIN, GUARDED, LOCAL, problemCode, startDelivery, VIEWER } from '../support/delivery.js';
import { FakeStreams, fakeFrame } from '../support/fake-streams.js';

const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});

/** A request that fetch would tidy up: raw path, any Host. */
function rawGet(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('streams over HTTP', () => {
  it('are listed, added, changed, stopped and removed', async () => {
    const { url, streams } = await startDelivery();
    const list = await (await fetch(`${url}/api/v1/streams`)).json();
    expect(
      z
        .array(streamView)
        .parse(list)
        .map(({ id }) => id),
    ).toEqual(['one']);

    const body = {
      id: 'yard',
      name: 'The yard',
      source: { url: 'rtsp://192.0.2.1/x', user: 'u', password: 'p@ss/word' },
    };
    const added = await fetch(`${url}/api/v1/streams`, json('POST', body));
    expect(added.status).toBe(201);
    expect(added.headers.get('location')).toBe('/api/v1/streams/yard');
    expect(JSON.stringify(streamView.parse(await added.json()))).not.toContain('p@ss');

    const change = { name: 'Yard', settings: { policy: 'interval=5', smoothing: false } };
    const changed = await fetch(`${url}/api/v1/streams/yard`, json('PATCH', change));
    expect(streamView.parse(await changed.json())).toMatchObject({
      name: 'Yard',
      settings: { policy: 'interval=5', smoothing: false, onDemand: false },
    });

    const stopped = await fetch(`${url}/api/v1/streams/yard`, json('PATCH', { enabled: false }));
    expect(streamView.parse(await stopped.json()).status.state).toBe('stopped');

    const removed = await fetch(`${url}/api/v1/streams/yard`, { method: 'DELETE' });
    expect([removed.status, await removed.text()]).toEqual([204, '']);
    expect(await problemCode(await fetch(`${url}/api/v1/streams/yard`))).toBe('NOT_FOUND');
    expect([...streams.feeds.keys()]).toEqual(['one']);
  });

  it('that exist already are a conflict', async () => {
    const { url } = await startDelivery();
    const response = await fetch(`${url}/api/v1/streams`, json('POST', { name: 'one', source: { url: 'x.mp4' } }));
    expect([response.status, await problemCode(response)]).toEqual([409, 'CONFLICT']);
  });

  it('are probed, and a source that cannot be used says why', async () => {
    const { url, streams } = await startDelivery();
    const source = { url: 'rtsp://192.0.2.1/x' };
    expect(sourceInfo.parse(await (await fetch(`${url}/api/v1/probe`, json('POST', source))).json()).codec).toBe(
      'h264',
    );
    streams.probeFailure = new MaskcastError('AUTH_FAILED', 'the camera refuses user "u"');
    const refused = await fetch(`${url}/api/v1/probe`, json('POST', source));
    expect(problem.parse(await refused.json())).toMatchObject({
      status: 422,
      code: 'AUTH_FAILED',
      detail: 'the camera refuses user "u"',
      type: 'urn:maskcast:problem:auth-failed',
    });
  });

  it('run on models that are listed', async () => {
    const { url } = await startDelivery();
    expect(z.array(modelView).parse(await (await fetch(`${url}/api/v1/models`)).json())).toHaveLength(1);
  });
});

describe('a bad request', () => {
  it.each([
    ['an unknown key', { name: 'x', source: { url: 'a' }, admin: true }, '(all)'],
    ['a wrong policy', { name: 'x', source: { url: 'a' }, settings: { policy: 'sometimes' } }, 'settings.policy'],
    ['a wrong id', { id: '../x', name: 'x', source: { url: 'a' } }, 'id'],
    ['a missing source', { name: 'x' }, 'source'],
    ['an array', [], '(all)'],
  ])('with %s names the place', async (_name, body, path) => {
    const { url } = await startDelivery();
    const response = await fetch(`${url}/api/v1/streams`, json('POST', body));
    const { code, errors } = problem.parse(await response.json());
    expect([response.status, code]).toEqual([400, 'BAD_REQUEST']);
    expect(errors?.map((error) => error.path)).toContain(path);
  });

  it.each([
    ['broken JSON', { body: '{"name":', headers: { 'content-type': 'application/json' } }, 400, 'BAD_REQUEST'],
    ['no JSON', { body: 'name=x', headers: { 'content-type': 'text/plain' } }, 400, 'BAD_REQUEST'],
    ['no body', {}, 400, 'BAD_REQUEST'],
    [
      'far too much',
      { body: `{"name":"${'x'.repeat(70_000)}"}`, headers: { 'content-type': 'application/json' } },
      413,
      'TOO_LARGE',
    ],
    [
      'a compressed body that is none',
      { body: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
      400,
      'BAD_REQUEST',
    ],
  ])('with %s is refused', async (_name, init, status, code) => {
    const { url } = await startDelivery();
    const response = await fetch(`${url}/api/v1/streams`, { method: 'POST', ...init });
    expect([response.status, await problemCode(response)]).toEqual([status, code]);
  });

  it('with a method that a path does not have says which it has', async () => {
    const { url } = await startDelivery();
    const response = await fetch(`${url}/api/v1/streams/one`, { method: 'PUT' });
    expect(response.headers.get('allow')).toBe('GET, PATCH, DELETE');
    expect(await problemCode(response)).toBe('METHOD_NOT_ALLOWED');
  });

  it('that makes the server fail gives no inside away', async () => {
    const streams = new FakeStreams();
    streams.list = () => {
      throw new Error('ENOENT: /home/secret/store.json');
    };
    const { url } = await startDelivery({ streams });
    const response = await fetch(`${url}/api/v1/streams`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain('"code":"INTERNAL"');
    expect(text).not.toContain('secret');
  });
});

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
    const setCookie = signedIn.headers.get('set-cookie') ?? '';
    expect(setCookie).toMatch(new RegExp(`^maskcast-${port}=.*HttpOnly; SameSite=Strict$`));
    const cookie = setCookie.split(';')[0] ?? '';
    expect((await fetch(`${url}/api/v1/streams/one`, { headers: { cookie }, method: 'DELETE' })).status).toBe(204);

    const signedOut = await fetch(`${url}/api/v1/session`, { method: 'DELETE', headers: { cookie } });
    expect(signedOut.headers.get('set-cookie')).toContain('Max-Age=0');
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
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const session = await fetch(`${url}/api/v1/session`, { headers: { cookie } });
    expect(await session.json()).toEqual({ authentication: 'token', role: 'viewer' });
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
});

describe('the page', () => {
  it('comes with a policy that allows no foreign and no inline script', async () => {
    const { url } = await startDelivery();
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('is revalidated, and its hashed assets are kept for good', async () => {
    const { url, port, publicDir } = await startDelivery();
    await mkdir(join(publicDir, 'assets'));
    await writeFile(join(publicDir, 'assets', 'app-3FJQ2K7Z.js'), '1');
    await writeFile(join(publicDir, 'assets', 'logo.svg'), '<svg/>');
    const cacheControl = async (path: string) => (await fetch(url + path)).headers.get('cache-control');
    expect(await cacheControl('/')).toBe('no-cache');
    expect(await cacheControl('/assets/app-3FJQ2K7Z.js')).toBe('public, max-age=31536000, immutable');
    expect(await cacheControl('/assets/logo.svg')).toBe('no-cache');
    const etag = (await fetch(url)).headers.get('etag') ?? '';
    expect((await rawGet(port, '/', { 'if-none-match': etag })).status).toBe(304);
  });

  it.each([
    '/../../etc/passwd',
    '/../../../../../../../../etc/passwd',
    '/assets/../../../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/%5c..%5c..%5cetc/passwd',
    '/.env',
    '/etc/passwd%00.html',
    '/nothing/here',
    '/%E0%A4%A',
    '/api/v1/nothing',
    '/api/v1/streams/..%2f..%2fetc%2fpasswd',
  ])('does not lead to %s', async (path) => {
    const { port, publicDir } = await startDelivery();
    await writeFile(join(publicDir, '.env'), 'SECRET=1');
    const { status, body } = await rawGet(port, path);
    expect([status, JSON.parse(body).code]).toEqual([404, 'NOT_FOUND']);
    expect(body).not.toContain('root:');
  });
});

describe('a client that offers HTTP/2', () => {
  it.each([
    ['/', 200, '<title>Maskcast</title>'],
    ['/api/v1/streams', 200, '"id":"one"'],
    ['/nowhere', 404, 'NOT_FOUND'],
  ])('gets %s over HTTP/1.1', async (path, status, content) => {
    const { port } = await startDelivery();
    const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
    const response = await rawGet(port, path, h2c);
    expect([response.status, response.body]).toEqual([status, expect.stringContaining(content)]);
  });
});

describe('monitoring', () => {
  it('says whether the server can work', async () => {
    const checks = { ffmpeg: { ok: false, detail: 'not found' } };
    const { url } = await startDelivery({ readiness: () => ({ ready: false, checks }) });
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, checks }]);
  });

  it('exposes the process, requests and refusals to Prometheus', async () => {
    const { url } = await startDelivery();
    await fetch(`${url}/api/v1/streams`);
    await fetch(`${url}/nowhere`);
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
    const text = await response.text();
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toContain('maskcast_http_request_seconds_count{operation="listStreams",status="200"} 1');
    expect(text).toContain('maskcast_refused_requests_total{code="NOT_FOUND"} 1');
  });

  it('describes the API in a valid OpenAPI document', async () => {
    const { url } = await startDelivery();
    const document = await (await fetch(`${url}/api/openapi.json`)).json();
    const result = await new Validator().validate(document as Record<string, unknown>);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(JSON.stringify(document)).toContain('"writeOnly":true');
  });

  it('lists every operation, its role and every metric on the page about the API', async () => {
    const { url } = await startDelivery();
    const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const { paths } = (await (await fetch(`${url}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { description: string }>>;
    };
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { description }] of Object.entries(methods)) {
        const role = /Needs (no|a viewer|an admin)/.exec(description)?.[1]?.replace(/^an? /, '').replace('no', 'none');
        expect(page).toContain(`| \`${method.toUpperCase()} ${path}\` | ${role} |`);
      }
    }
    const metrics = new Metrics();
    metrics.watch({ streams: () => [], viewers: () => 0 });
    for (const { name } of await metrics.registry.getMetricsAsJSON()) {
      if (name.startsWith('maskcast_')) expect(page).toContain(`\`${name}\``);
    }
  });
});

describe('limits', () => {
  it('on requests from one address', async () => {
    const { url } = await startDelivery();
    let limited: Response | undefined;
    for (let i = 0; i < 1250 && !limited; i++) {
      const response = await fetch(`${url}/api/v1/session`);
      if (response.status === 429) limited = response;
      else await response.arrayBuffer();
    }
    expect(limited?.headers.get('ratelimit')).toBeTruthy();
    expect(limited && (await problemCode(limited))).toBe('RATE_LIMITED');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('on headers that never end', async () => {
    const { port } = await startDelivery({ timeouts: { headers: 300, check: 100 } });
    const socket = connectTcp(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 50);
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });

  it('on bodies that trickle, and not on those that bring something', async () => {
    const { port } = await startDelivery({ timeouts: { headers: 300, check: 100, body: 400 } });
    const answerTo = async (piece: string) => {
      const socket = connectTcp(port, '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('error', () => {});
      const type = 'Content-Type: application/json\r\nTransfer-Encoding: chunked';
      socket.write(`POST /api/v1/probe HTTP/1.1\r\nHost: localhost\r\n${type}\r\nConnection: close\r\n\r\n`);
      let pieces = 0;
      const drip = setInterval(() => {
        pieces += 1;
        socket.write(pieces === 30 ? '0\r\n\r\n' : `${piece.length.toString(16)}\r\n${piece}\r\n`);
        if (pieces === 30) clearInterval(drip);
      }, 50);
      await new Promise((resolve) => socket.on('close', resolve));
      clearInterval(drip);
      return answer.slice(0, 12);
    };
    expect(await Promise.all([answerTo(' '), answerTo(' '.repeat(2000))])).toEqual(['HTTP/1.1 408', 'HTTP/1.1 400']);
  });

  it('on connections that say nothing at all', async () => {
    const { port } = await startDelivery({ timeouts: { headers: 300, check: 100 } });
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
  });
});

describe('starting and stopping', () => {
  it('refuses to listen to the network without a token', () => {
    const options = { publicDir: '/', streams: new FakeStreams(), logger: silentLogger };
    expect(() => createDeliveryServer({ ...options, config: { ...LOCAL, host: '0.0.0.0' } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('says that a port is taken', async () => {
    const { port } = await startDelivery();
    const second = createDeliveryServer({
      config: { ...LOCAL, port },
      publicDir: '/',
      streams: new FakeStreams(),
      logger: silentLogger,
    });
    await expect(second.listen()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('another program listens there'),
    });
    await second.close();
  });

  it('ends with an MJPEG stream under way, at once and as often as asked', async () => {
    const { url, server, streams } = await startDelivery();
    streams.feed('one').emit(await fakeFrame(1));
    const response = await fetch(`${url}/api/v1/streams/one/stream.mjpeg`);
    const body = response.arrayBuffer();
    await Promise.all([server.close(), server.close()]);
    await body;
    await expect(fetch(url)).rejects.toThrow();
  });
});
