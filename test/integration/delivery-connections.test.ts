import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { operation } from '../../src/delivery/http/operation.js';
import { startDelivery } from '../support/delivery.js';

const TIMEOUTS = { headers: 300, check: 50, body: 400, linger: 200 };
const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';

/** More than the operating system buffers for a peer that does not read. */
const MUCH = Buffer.alloc(16 * 1024 * 1024);
const download = operation({
  id: 'getMuch',
  method: 'get',
  path: '/much',
  tag: 'test',
  summary: 'Much',
  access: 'open',
  responses: { 200: { description: 'Bytes' } },
  errors: [],
  handle: ({ response }) => {
    response.send(MUCH);
    return undefined;
  },
});

/** A peer that never closes its own side. */
function peer(port: number): Socket & { heard: string } {
  const socket = Object.assign(connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }), { heard: '' });
  socket.on('error', () => {});
  return socket;
}

function listening(socket: Socket & { heard: string }): void {
  socket.on('data', (data) => {
    socket.heard += data.toString('latin1').slice(0, 2000);
  });
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

/** A half-open peer learns that it was cut off when it writes. */
async function isCut(socket: Socket): Promise<void> {
  const probe = setInterval(() => socket.write('.'), 100);
  await closed(socket);
  clearInterval(probe);
}

describe('no connection is held for ever', () => {
  it('not one that offers HTTP/2 and stays half open', async () => {
    const { port } = await startDelivery({ timeouts: TIMEOUTS });
    const peers = Array.from({ length: 5 }, () => peer(port));
    for (const socket of peers) {
      listening(socket);
      socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\n${OFFER}\r\n`);
    }
    await Promise.all(peers.map((socket) => once(socket, 'end')));
    for (const socket of peers) expect(socket.heard).toMatch(/^HTTP\/1.1 200 /);
    await Promise.all(peers.map(isCut));
  }, 15_000);

  it('and a request with a body that offers HTTP/2 is answered like any other', async () => {
    const { port } = await startDelivery({ timeouts: TIMEOUTS });
    const socket = peer(port);
    listening(socket);
    const body = '{"url":"a.mp4"}';
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    socket.write(`POST /api/v1/probe HTTP/1.1\r\nHost: localhost\r\n${OFFER}${type}\r\n${body.slice(0, 5)}`);
    await sleep(50); // the rest comes in a packet of its own
    socket.write(body.slice(5));
    await once(socket, 'data');
    expect(socket.heard).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  it('not one whose body goes on after an early answer, slowly or fast', async () => {
    const { port } = await startDelivery({ timeouts: TIMEOUTS });
    const begin = (piece: string) => {
      const socket = peer(port);
      listening(socket);
      socket.write('POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
      const drip = setInterval(() => socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`), 20);
      return closed(socket).then(() => {
        clearInterval(drip);
        return socket.heard.slice(0, 12);
      });
    };
    expect(await Promise.all([begin(' '), begin(' '.repeat(4000))])).toEqual(['HTTP/1.1 404', 'HTTP/1.1 404']);
  });

  it('not one that asks for much and takes nothing, though it goes on asking', async () => {
    const { port, server } = await startDelivery({ timeouts: TIMEOUTS, operations: [download] });
    const silent = peer(port);
    silent.pause();
    silent.write('GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const asking = peer(port);
    asking.pause();
    asking.write('GET /much HTTP/1.1\r\nHost: localhost\r\n\r\nGET /much');
    const drip = setInterval(() => asking.write('x'), 50);
    await expect.poll(() => server.connections, { timeout: 5000 }).toBe(2);
    await expect.poll(() => server.connections, { timeout: 5000 }).toBe(0);
    clearInterval(drip);
    for (const socket of [silent, asking]) socket.destroy();
  });

  it('but one that takes slowly gets everything', async () => {
    const { port } = await startDelivery({ timeouts: TIMEOUTS, operations: [download] });
    const socket = peer(port);
    let bytes = 0;
    socket.on('data', (data) => {
      bytes += data.length;
      socket.pause();
      setTimeout(() => socket.resume(), 3);
    });
    socket.write('GET /much HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await once(socket, 'end');
    expect(bytes).toBeGreaterThan(MUCH.length);
    socket.destroy();
  }, 20_000);

  it('not a WebSocket that is flooded with what no session sees', async () => {
    const { port, server } = await startDelivery({ timeouts: TIMEOUTS });
    const socket = peer(port);
    socket.write(
      'GET /ws/v1/streams/one HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(socket, 'data');
    socket.resume();
    // A text message of empty fragments that never ends: opcode 1 without FIN, then continuations.
    const fragments = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0x00, 0x80, 0, 0, 0, 0])));
    socket.write(Buffer.from([0x01, 0x80, 0, 0, 0, 0]));
    const flood = setInterval(() => socket.write(fragments), 20);
    await expect.poll(() => server.connections, { timeout: 5000 }).toBe(0);
    clearInterval(flood);
    socket.destroy();
  });

  it('and the server closes though peers keep their sides open', async () => {
    const { port, server } = await startDelivery({ operations: [download] });
    const peers = ['/healthz', '/much'].map((path) => {
      const socket = peer(port);
      socket.pause();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${OFFER}\r\n`);
      return socket;
    });
    await expect.poll(() => server.connections).toBe(2);
    await server.close();
    await expect.poll(() => server.connections).toBe(0);
    for (const socket of peers) socket.destroy();
  });
});
