import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ms } from '../../src/core/time.js';
import { createDeliveryServer } from '../../src/delivery/server.js';
import { type Connection, type ConnectOptions, connect } from '../../src/delivery/wire/client.js';
import { socketAddress } from '../../src/delivery/wire/client-address.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { GUARDED, LOCAL, startDelivery, VIEWER } from '../support/delivery.js';
import { fakeFrame } from '../support/fakes/fake-streams.js';

const QUICK = { initial: ms(5), cap: ms(20) };

function open(url: string, options: Partial<ConnectOptions> = {}) {
  const connection = connect({ url, stream: 'one', WebSocket, retry: QUICK, ...options });
  const states: string[] = [connection.status.state];
  const reasons: string[] = [];
  connection.on('connection', (status) => {
    states.push(status.state);
    if (status.state === 'waiting') reasons.push(status.reason.code);
  });
  return { connection, states, reasons };
}

const opened = (connection: Connection) => expect.poll(() => connection.status.state, { interval: 5 }).toBe('open');

describe('the client', () => {
  it('iterates over frames with masks, and acknowledges each when the next is asked for', async () => {
    const { url, streams, server } = await startDelivery();
    const feed = streams.feed('one');
    const { connection } = open(url);
    await opened(connection);
    const seen: number[] = [];
    feed.emit(await fakeFrame(0));
    for await (const frame of connection.frames()) {
      seen.push(frame.number);
      const { labels } = await frame.planes();
      expect(labels).toHaveLength(frame.maskSize.width * frame.maskSize.height);
      expect(frame.hello.model.classes[labels[0] ?? 0]?.name).toBe('person');
      if (seen.length === 5) break;
      feed.emit(await fakeFrame(seen.length * 10));
    }
    expect(seen).toEqual([0, 10, 20, 30, 40]);
    connection.close();
    await expect.poll(() => server.viewers('one')).toBe(0);
  });

  it('hands one frame at a time to a handler, and a slow handler loses frames, not time', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const { connection } = open(url);
    await opened(connection);
    let busy = 0;
    const seen: number[] = [];
    let done = () => {};
    connection.onFrame(async ({ number }) => {
      busy += 1;
      expect(busy).toBe(1);
      seen.push(number);
      await new Promise<void>((resolve) => {
        done = resolve;
      });
      busy -= 1;
    });
    for (let number = 0; number < 10; number++) feed.emit(await fakeFrame(number));
    await expect.poll(() => seen).toEqual([0]);
    done();
    await expect.poll(() => seen).toEqual([0, 9]);
    connection.close();
  });

  it('goes on when a handler fails, and reports it', async () => {
    const { url, streams } = await startDelivery();
    const { connection } = open(url);
    await opened(connection);
    const errors: string[] = [];
    connection.on('error', ({ message }) => errors.push(message));
    const seen: number[] = [];
    connection.onFrame(({ number }) => {
      seen.push(number);
      throw new Error(`no canvas for ${number}`);
    });
    for (const number of [1, 2]) {
      streams.feed('one').emit(await fakeFrame(number));
      await expect.poll(() => seen.at(-1)).toBe(number);
    }
    await expect.poll(() => errors).toEqual(['no canvas for 1', 'no canvas for 2']);
    connection.close();
  });

  it('tells hello, state and statistics', async () => {
    const { url, streams } = await startDelivery();
    const { connection } = open(url);
    const heard: string[] = [];
    for (const type of ['hello', 'state', 'statistics'] as const) connection.on(type, () => heard.push(type));
    await expect.poll(() => heard, { timeout: 3000 }).toEqual(['hello', 'state', 'statistics']);
    streams.feed('one').setState('stalled');
    await expect.poll(() => heard.at(-1)).toBe('state');
    expect(connection.hello?.stream.id).toBe('one');
    connection.close();
  });

  it('pauses and resumes, also across a reconnect', async () => {
    const { url, streams, server, port, publicDir } = await startDelivery();
    const feed = streams.feed('one');
    const { connection, states } = open(url);
    await opened(connection);
    connection.pause();
    await expect.poll(() => feed.frameListeners.size).toBe(0);
    await server.close();
    const again = createDeliveryServer({ config: { ...LOCAL, port }, publicDir, streams, logger: silentLogger });
    await again.listen();
    await expect.poll(() => states.slice(-1)).toEqual(['open']);
    await expect.poll(() => feed.frameListeners.size).toBe(0);
    feed.emit(await fakeFrame(7));
    const seen: number[] = [];
    connection.onFrame(({ number }) => {
      seen.push(number);
    });
    connection.resume();
    await expect.poll(() => seen).toEqual([7]);
    connection.close();
    await again.close();
  });

  it('comes back after the server has been away, and the loop never notices', async () => {
    const first = await startDelivery();
    const { connection, reasons } = open(first.url);
    await opened(connection);
    const seen: number[] = [];
    const loop = (async () => {
      for await (const { number } of connection.frames()) seen.push(number);
    })();
    first.streams.feed('one').emit(await fakeFrame(1));
    await expect.poll(() => seen).toEqual([1]);
    await first.server.close();
    await expect.poll(() => reasons.length).toBeGreaterThan(2);
    expect(new Set(reasons)).toEqual(new Set(['CONNECTION_FAILED']));
    const config = { ...LOCAL, port: first.port };
    const again = createDeliveryServer({ ...first, config, logger: silentLogger });
    await again.listen();
    await opened(connection);
    first.streams.feed('one').emit(await fakeFrame(2));
    await expect.poll(() => seen).toEqual([1, 2]);
    connection.close();
    await loop;
    await again.close();
  });

  it('hands over one frame at a time though the connection changes meanwhile', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const sockets: WebSocket[] = [];
    class Spied extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols);
        sockets.push(this);
      }
    }
    const { connection } = open(url, { WebSocket: Spied });
    await opened(connection);
    const seen: number[] = [];
    let release = () => {};
    connection.onFrame(({ number }) => {
      seen.push(number);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    feed.emit(await fakeFrame(1));
    await expect.poll(() => seen).toEqual([1]);
    sockets[0]?.terminate();
    await expect.poll(() => sockets.length).toBe(2);
    await opened(connection);
    feed.emit(await fakeFrame(2));
    for (let roundTrip = 0; roundTrip < 3; roundTrip++) {
      sockets[1]?.ping();
      await once(sockets[1] as WebSocket, 'pong');
    }
    expect(seen).toEqual([1]);
    release();
    await expect.poll(() => seen).toEqual([1, 2]);
    connection.close();
  });

  it('gives up at once where its token is wrong or its stream unknown, and says why', async () => {
    const { url } = await startDelivery({ config: GUARDED });
    const wrong = open(url, { token: 'wrong' });
    await expect(wrong.connection.frames().next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(wrong.states).toEqual(['connecting', 'closed']);
    const unknown = open(url, { token: VIEWER, stream: 'two' });
    await expect(unknown.connection.frames().next()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'there is no stream "two"',
    });
    const right = open(url, { token: VIEWER });
    await opened(right.connection);
    expect(right.connection.hello?.mayControl).toBe(false);
    right.connection.close();
  });

  it('ends when its stream is removed', async () => {
    const { url, streams } = await startDelivery();
    const { connection } = open(url);
    await opened(connection);
    const next = connection.frames().next();
    await streams.remove('one');
    await expect(next).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'stream "one" was removed' });
    expect(connection.status.state).toBe('closed');
  });

  it('ends its loop when it is closed, and closing again does nothing', async () => {
    const { url } = await startDelivery();
    const { connection, states } = open(url);
    await opened(connection);
    const next = connection.frames().next();
    connection.close();
    connection.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(states).toEqual(['connecting', 'open', 'closed']);
  });

  it('can be closed while it connects and while it waits', async () => {
    const { url, server } = await startDelivery();
    const connecting = open(url);
    connecting.connection.close();
    await server.close();
    const waiting = open(url, { retry: { initial: ms(60_000), cap: ms(60_000) } });
    await expect.poll(() => waiting.connection.status.state).toBe('waiting');
    waiting.connection.close();
    expect([connecting.connection.status.state, waiting.connection.status.state]).toEqual(['closed', 'closed']);
  });

  it('does not wait for the backoff when told that the network is back', async () => {
    const { url, server, streams, publicDir, port } = await startDelivery();
    await server.close();
    const { connection } = open(url, { retry: { initial: ms(60_000), cap: ms(60_000) } });
    await expect.poll(() => connection.status.state).toBe('waiting');
    const again = createDeliveryServer({ config: { ...LOCAL, port }, publicDir, streams, logger: silentLogger });
    await again.listen();
    connection.retryNow();
    await opened(connection);
    connection.close();
    await again.close();
  });

  it('tries again when the server refuses the socket and never says why', async () => {
    let upgrades = 0;
    let questions = 0;
    const mute = createServer(() => {
      questions += 1;
    });
    mute.on('upgrade', (_, socket) => {
      upgrades += 1;
      socket.destroy();
    });
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const { connection, reasons } = open(`http://127.0.0.1:${port}`, { silence: ms(50) });
    await expect.poll(() => upgrades).toBeGreaterThan(2);
    expect(questions).toBeGreaterThan(1);
    expect(new Set(reasons)).toEqual(new Set(['CONNECTION_FAILED']));
    connection.close();
    mute.closeAllConnections();
    mute.close();
  });

  it('begins with short delays again after it was connected', async () => {
    const { url, server, streams, publicDir, port } = await startDelivery();
    const { connection } = open(url, { retry: { initial: ms(20), cap: ms(60_000) } });
    const delays: number[] = [];
    connection.on('connection', (status) => {
      if (status.state === 'waiting') delays.push(status.retryAt - Date.now());
    });
    await opened(connection);
    await server.close();
    await expect.poll(() => delays.length).toBeGreaterThan(4);
    expect(delays.at(-1)).toBeGreaterThan(100);
    const again = createDeliveryServer({ config: { ...LOCAL, port }, publicDir, streams, logger: silentLogger });
    await again.listen();
    connection.retryNow();
    await opened(connection);
    delays.length = 0;
    await again.close();
    await expect.poll(() => delays.length).toBeGreaterThan(0);
    expect(delays[0]).toBeLessThanOrEqual(20);
    connection.close();
  });

  it('takes a server that has gone silent for dead', async () => {
    const silent = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const { connection, states } = open(`ws://127.0.0.1:${port}`, {
      silence: ms(50),
      retry: { initial: ms(60_000), cap: ms(60_000) },
    });
    await expect.poll(() => states).toContain('waiting');
    expect(connection.status).toMatchObject({ reason: { code: 'TIMEOUT' } });
    connection.close();
    for (const client of silent.clients) client.terminate();
    silent.close();
  });

  it('drops a connection whose frames make no sense', async () => {
    const odd = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    odd.on('connection', (socket) => {
      socket.send(JSON.stringify({ type: 'hello' }));
      socket.send(JSON.stringify({ type: 'news from the future' }));
      socket.send(Buffer.from('garbage'));
    });
    await new Promise((resolve) => odd.once('listening', resolve));
    const { port } = odd.address() as { port: number };
    const { connection, states } = open(`ws://127.0.0.1:${port}`, { retry: { initial: ms(60_000), cap: ms(60_000) } });
    await expect.poll(() => states).toEqual(['connecting', 'open', 'waiting']);
    expect(connection.status).toMatchObject({ reason: { code: 'PROTOCOL_VIOLATION' } });
    connection.close();
    odd.close();
  });

  it('has one consumer of frames at a time', async () => {
    const { url } = await startDelivery();
    const { connection } = open(url);
    const remove = connection.onFrame(() => {});
    expect(() => connection.onFrame(() => {})).toThrow('a frame consumer already');
    remove();
    connection.onFrame(() => {});
    connection.close();
  });
});

describe("a socket's address", () => {
  it.each([
    ['http://host:8080', 'ws://host:8080/ws/v1/streams/one'],
    ['https://host/', 'wss://host/ws/v1/streams/one'],
    ['https://host/cams/?x=1#y', 'wss://host/cams/ws/v1/streams/one'],
    ['ws://host', 'ws://host/ws/v1/streams/one'],
  ])('at %s is %s', (url, address) => expect(socketAddress(url, 'one').href).toBe(address));

  it('is none under another scheme', () => {
    expect(() => socketAddress('ftp://host', 'one')).toThrow('url must be http(s):// or ws(s)://; received ftp://');
  });
});
