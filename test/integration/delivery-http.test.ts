import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MaskcastError } from '../../src/core/errors.js';
import { modelView, problem, sourceInfo, streamView } from '../../src/delivery/http/api-schema.js';
import { createDeliveryServer } from '../../src/delivery/server.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { LOCAL, problemCode, startDelivery } from '../support/delivery.js';
import { FakeStreams, fakeFrame } from '../support/fakes/fake-streams.js';
import { json, rawGet } from '../support/http.js';

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
    expect(added.headers.get('location')).toBe('streams/yard');
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
