import { connect as connectTcp } from 'node:net';
import { describe, expect, it } from 'vitest';
import { problemCode, startDelivery } from '../support/delivery.js';

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
