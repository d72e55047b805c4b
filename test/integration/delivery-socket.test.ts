import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { decodeFrame, type ServerMessage } from '../../src/delivery/wire/protocol.js';
import { ADMIN, GUARDED, LOCAL, startDelivery, VIEWER } from '../support/delivery.js';
import { FakeStreams, fakeFrame } from '../support/fakes/fake-streams.js';

/** A bare client that notes what comes, and acknowledges frames unless told otherwise. */
class Watcher {
  readonly messages: ServerMessage[] = [];
  readonly frames: number[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(url: string, { acknowledges = true, headers = {}, protocols = ['maskcast.v1'] } = {}) {
    this.socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) {
        this.messages.push(JSON.parse(data.toString()));
        return;
      }
      const { number } = decodeFrame(data);
      this.frames.push(number);
      if (acknowledges) this.say({ type: 'ack', frame: number });
    });
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  types(): string[] {
    return this.messages.map(({ type }) => type);
  }

  async greeted(): Promise<this> {
    await expect.poll(() => this.types(), { interval: 5 }).toContain('state');
    return this;
  }
}

/** The status and problem code of a refused upgrade. */
async function refusal(url: string, headers: Record<string, string> = {}, protocols = ['maskcast.v1']) {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers });
  socket.on('error', () => {});
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, import('node:http').IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  expect(response.headers['content-type']).toBe('application/problem+json');
  return [response.statusCode, JSON.parse(body).code];
}

/** Bytes of buffers that are in use, after the garbage is gone. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  gc();
  return process.memoryUsage().arrayBuffers;
}

const path = (url: string, stream = 'one') => `${url}/ws/v1/streams/${stream}`;

describe('a viewer over a socket', () => {
  it('hears hello, then state, then frames, then statistics', async () => {
    const { url, streams } = await startDelivery();
    streams.feed('one').emit(await fakeFrame(3));
    const watcher = new Watcher(path(url));
    await expect.poll(() => watcher.types(), { timeout: 3000 }).toEqual(['hello', 'state', 'statistics']);
    expect(watcher.messages[0]).toMatchObject({
      protocol: 1,
      revision: 1,
      stream: { id: 'one' },
      model: { classes: [{ name: 'other' }, { name: 'person', color: [220, 20, 60] }, { name: 'vehicle' }] },
      settings: { policy: 'adaptive', smoothing: true, onDemand: false },
      mayControl: true,
    });
    expect(watcher.messages[2]).toMatchObject({
      viewerDrops: 0,
      statistics: { viewers: 1, drops: { 'viewer-slow': 0 }, stages: { pack: { p50: expect.any(Number) } } },
    });
    expect(watcher.frames).toEqual([3]);
    watcher.socket.close();
  });

  it('that joins late sees the last picture at once', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const first = await new Watcher(path(url)).greeted();
    feed.emit(await fakeFrame(41));
    const late = new Watcher(path(url));
    await expect.poll(() => late.frames).toEqual([41]);
    expect(late.types()).toEqual(['hello', 'state']);
    first.socket.close();
    late.socket.close();
  });

  it('hears of state changes, and hello again when name, settings or classes change', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const watcher = await new Watcher(path(url)).greeted();
    feed.setState('reconnecting', { code: 'TIMEOUT', message: 'no packet for 5 s', retryable: true });
    feed.change({ name: 'Renamed', revision: 2 });
    await expect.poll(() => watcher.messages.length).toBe(4);
    expect(watcher.messages[2]).toMatchObject({
      type: 'state',
      status: { state: 'reconnecting', reason: { code: 'TIMEOUT' } },
    });
    expect(watcher.messages[3]).toMatchObject({ type: 'hello', revision: 2, stream: { name: 'Renamed' } });
    watcher.socket.close();
  });

  it('is told that the stream was removed', async () => {
    const { url, streams } = await startDelivery();
    const watcher = await new Watcher(path(url)).greeted();
    await streams.remove('one');
    expect(await watcher.closed).toEqual({ code: 4404, reason: 'NOT_FOUND' });
    expect(watcher.messages.at(-1)).toMatchObject({ type: 'error', error: { code: 'NOT_FOUND' } });
  });

  it('is told that the server stops', async () => {
    const { url, server } = await startDelivery();
    const watcher = await new Watcher(path(url)).greeted();
    await server.close();
    expect((await watcher.closed).code).toBe(1001);
  });

  it('that answers nothing does not keep the server from stopping', async () => {
    const { url, server } = await startDelivery();
    const watcher = await new Watcher(path(url)).greeted();
    watcher.socket.pause();
    await server.close(); // ws alone would wait half a minute for the good-bye to be answered
    watcher.socket.terminate();
  }, 10_000);

  it('is interest in the stream while it wants frames, and no longer', async () => {
    const { url, streams, server } = await startDelivery();
    const { frameListeners } = streams.feed('one');
    const [a, b] = [await new Watcher(path(url)).greeted(), await new Watcher(path(url)).greeted()];
    expect(frameListeners.size).toBe(1); // one subscription however many watch
    expect(server.viewers('one')).toBe(2);
    a.say({ type: 'pause' });
    b.say({ type: 'pause' });
    await expect.poll(() => frameListeners.size).toBe(0);
    b.say({ type: 'resume' });
    await expect.poll(() => frameListeners.size).toBe(1);
    b.socket.terminate();
    await expect.poll(() => frameListeners.size).toBe(0);
    a.socket.close();
    await expect.poll(() => server.viewers('one')).toBe(0);
  });

  it('costs no packing while nobody watches, and one packing a frame however many do', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const packings = async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/maskcast_stage_seconds_count\{stream="one",stage="pack"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    feed.emit(await fakeFrame(1));
    expect(await packings()).toBe(0);
    const watchers = await Promise.all(Array.from({ length: 5 }, () => new Watcher(path(url)).greeted()));
    await expect.poll(() => watchers.every(({ frames }) => frames.length === 1)).toBe(true);
    const before = await packings();
    feed.emit(await fakeFrame(2));
    await expect.poll(() => watchers.every(({ frames }) => frames.includes(2))).toBe(true);
    expect((await packings()) - before).toBe(1);
    for (const { socket } of watchers) socket.close();
  });
});

describe('a viewer that says what it must not', () => {
  it.each([
    ['nonsense', (watcher: Watcher) => watcher.socket.send('nonsense'), 1008, 'PROTOCOL_VIOLATION'],
    [
      'an ack from the future',
      (watcher: Watcher) => watcher.say({ type: 'ack', frame: 10 ** 9 }),
      1008,
      'PROTOCOL_VIOLATION',
    ],
    ['binary', (watcher: Watcher) => watcher.socket.send(Buffer.alloc(10)), 1003, 'PROTOCOL_VIOLATION'],
    ['2 KB', (watcher: Watcher) => watcher.socket.send('x'.repeat(2048)), 1009, 'TOO_LARGE'],
    ['20 MB', (watcher: Watcher) => watcher.socket.send('x'.repeat(20_000_000)), 1009, undefined],
  ])('%s is sent away while the others go on', async (_name, misbehave, code, reason) => {
    const { url, streams } = await startDelivery();
    const [bad, good] = [await new Watcher(path(url)).greeted(), await new Watcher(path(url)).greeted()];
    misbehave(bad);
    expect((await bad.closed).code).toBe(code);
    const error = bad.messages.find(({ type }) => type === 'error');
    expect(error).toEqual(reason && expect.objectContaining({ error: expect.objectContaining({ code: reason }) }));
    streams.feed('one').emit(await fakeFrame(1));
    await expect.poll(() => good.frames).toEqual([1]);
    good.socket.close();
  });
});

describe('an upgrade', () => {
  it.each([
    ['without a token', {}, ['maskcast.v1'], '', [401, 'UNAUTHENTICATED']],
    ['with a wrong token', { authorization: 'Bearer wrong' }, ['maskcast.v1'], '', [401, 'UNAUTHENTICATED']],
    ['with a wrong subprotocol token', {}, ['maskcast.v1', 'maskcast.token.d3Jvbmc'], '', [401, 'UNAUTHENTICATED']],
    [
      'from another page',
      { origin: 'https://evil.example' },
      ['maskcast.v1'],
      `?token=${ADMIN}`,
      [403, 'ORIGIN_REJECTED'],
    ],
  ])('%s is refused', async (_name, headers, protocols, query, expected) => {
    const { url } = await startDelivery({ config: GUARDED });
    expect(await refusal(path(url) + query, headers as Record<string, string>, protocols)).toEqual(expected);
  });

  it.each(['two', 'ONE', '..%2fone', '', 'one/x'])('to %j is refused', async (stream) => {
    const { url } = await startDelivery();
    expect(await refusal(path(url, stream))).toEqual([404, 'NOT_FOUND']);
  });

  it('elsewhere is refused', async () => {
    const { url } = await startDelivery();
    expect(await refusal(`${url}/`)).toEqual([404, 'NOT_FOUND']);
  });

  it('under a rebound name is refused', async () => {
    const { url } = await startDelivery();
    expect(await refusal(path(url), { host: 'rebound.example' })).toEqual([403, 'ORIGIN_REJECTED']);
  });

  it('of one viewer too many is refused, until one leaves', async () => {
    const { url } = await startDelivery({ config: { ...LOCAL, maxViewersPerAddress: 1 } });
    const first = await new Watcher(path(url)).greeted();
    expect(await refusal(path(url))).toEqual([429, 'RATE_LIMITED']);
    first.socket.close();
    await first.closed;
    await expect.poll(async () => (await new Watcher(path(url)).greeted()).types()).toContain('hello');
  });

  it.each([
    ['in the query', `?token=${VIEWER}`, {}, false],
    ['in the header', '', { headers: { authorization: `Bearer ${ADMIN}` } }, true],
    [
      'as subprotocol',
      '',
      { protocols: ['maskcast.v1', `maskcast.token.${Buffer.from(ADMIN).toString('base64url')}`] },
      true,
    ],
  ])('with a token %s says what it may', async (_where, query, options, mayControl) => {
    const { url } = await startDelivery({ config: GUARDED });
    const watcher = await new Watcher(path(url) + query, options).greeted();
    expect(watcher.socket.protocol).toBe('maskcast.v1');
    expect(watcher.messages[0]).toMatchObject({ type: 'hello', mayControl });
    watcher.socket.close();
  });

  it('with the cookie of a signed-in page is accepted from that page only', async () => {
    const { url } = await startDelivery({ config: GUARDED });
    const signedIn = await fetch(`${url}/?token=${VIEWER}`, { redirect: 'manual' });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const watcher = await new Watcher(path(url), { headers: { cookie, origin: url } }).greeted();
    watcher.socket.close();
    expect(await refusal(path(url), { cookie, origin: 'http://127.0.0.1:1' })).toEqual([403, 'ORIGIN_REJECTED']);
  });
});

describe('many viewers', () => {
  it('fifty of them, one reading a message a second, all get their rate and the server keeps its memory', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const large = { picture: { width: 640, height: 480 }, noise: true };
    const fast = await Promise.all(Array.from({ length: 49 }, () => new Watcher(path(url)).greeted()));
    const slow = await new Watcher(path(url)).greeted();
    slow.socket.on('message', () => {
      slow.socket.pause();
      setTimeout(() => slow.socket.resume(), 1000);
    });
    const frames = await Promise.all(Array.from({ length: 60 }, (_, number) => fakeFrame(number, large)));
    const message = frames[0]?.jpeg?.length ?? 0;
    expect(message).toBeGreaterThan(100_000);
    const before = heldBytes();
    for (const frame of frames) {
      feed.emit(frame);
      await expect.poll(() => fast.every(({ frames }) => frames.at(-1) === frame.number), { interval: 5 }).toBe(true);
    }
    for (const { frames } of fast) expect(frames).toHaveLength(60);
    expect(slow.frames.length).toBeLessThan(20);
    // The stream's newest message, the slow viewer's one pending frame and its window.
    expect(heldBytes() - before).toBeLessThan(6 * message);
    for (const { socket } of [...fast, slow]) socket.terminate();
    await expect.poll(() => feed.frameListeners.size).toBe(0);
  });

  it('that read nothing at all hold no more than their window', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const stuck = await Promise.all(Array.from({ length: 20 }, () => new Watcher(path(url)).greeted()));
    for (const { socket } of stuck) socket.pause();
    const first = await fakeFrame(0, { picture: { width: 640, height: 480 }, noise: true });
    const before = heldBytes();
    for (let number = 0; number < 300; number++) {
      feed.emit({ ...first, number });
      await new Promise(setImmediate);
    }
    const emitted = 300 * (first.jpeg?.length ?? 0);
    expect(heldBytes() - before).toBeLessThan(emitted / 10);
    for (const { socket } of stuck) socket.terminate();
  });

  it('that come and go leave nothing behind', async () => {
    const { url, streams, server } = await startDelivery();
    const feed = streams.feed('one');
    for (let round = 0; round < 20; round++) {
      const watchers = await Promise.all(Array.from({ length: 10 }, () => new Watcher(path(url)).greeted()));
      feed.emit(await fakeFrame(round));
      for (const { socket } of watchers) socket.terminate();
      await Promise.all(watchers.map(({ closed }) => closed));
    }
    await expect.poll(() => server.viewers('one')).toBe(0);
    expect(feed.frameListeners.size).toBe(0);
  });
});

describe('garbage', () => {
  const GARBAGE = [
    Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 252]), // a TLS hello
    Buffer.from(
      'GET /ws/v1/streams/one HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    ),
    Buffer.from('POST /api/v1/streams HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n{'),
    Buffer.from(`GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`),
    Buffer.from('\0\0\0\0\r\n\r\n'),
    Buffer.from('GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nzzzz'),
    Buffer.alloc(0),
  ];

  it('on 2,000 connections does not disturb a viewer', async () => {
    const { url, port, streams } = await startDelivery({ streams: new FakeStreams(['one', 'two']) });
    const feed = streams.feed('one');
    const watcher = await new Watcher(path(url)).greeted();
    let number = 0;
    for (let batch = 0; batch < 20; batch++) {
      const sockets = Array.from({ length: 100 }, (_, i) => {
        const socket = connectTcp(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.resume();
        socket.write(GARBAGE[i % GARBAGE.length] ?? '');
        if (i % 3 === 0) socket.end();
        return socket;
      });
      feed.emit(await fakeFrame(number));
      await expect.poll(() => watcher.frames.at(-1), { interval: 5 }).toBe(number);
      number += 1;
      for (const socket of sockets) socket.destroy();
    }
    expect(watcher.frames).toHaveLength(20);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    watcher.socket.close();
  });

  it('from one address cannot take all connections', async () => {
    const { port } = await startDelivery();
    const sockets = Array.from({ length: 300 }, () => connectTcp(port, '127.0.0.1'));
    let refused = 0;
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.on('close', () => {
        refused += 1;
      });
      socket.resume();
    }
    await expect.poll(() => refused).toBe(300 - 256);
    for (const socket of sockets) socket.destroy();
  });

  it('after a proper upgrade ends that connection alone', async () => {
    const { url, port, streams } = await startDelivery();
    const watcher = await new Watcher(path(url)).greeted();
    const socket = connectTcp(port, '127.0.0.1');
    socket.write(
      'GET /ws/v1/streams/one HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: maskcast.v1\r\n\r\n',
    );
    await once(socket, 'data');
    socket.write(Buffer.alloc(500, 0xff));
    socket.resume();
    await once(socket, 'close');
    streams.feed('one').emit(await fakeFrame(1));
    await expect.poll(() => watcher.frames).toEqual([1]);
    watcher.socket.close();
  });
});
