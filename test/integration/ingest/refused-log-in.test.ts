import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, closeAfterwards, tidyUp } from '../../support/live.js';

afterEach(tidyUp);

/** An RTSP server that refuses everybody, asking for a log-in by `challenge`. */
async function refusing(challenge: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const [, sequence = '1'] = /CSeq: *(\d+)/i.exec(data.toString()) ?? [];
      const status = data.toString().startsWith('OPTIONS')
        ? '200 OK\r\nPublic: OPTIONS, DESCRIBE'
        : `401 Unauthorized\r\nWWW-Authenticate: ${challenge}`;
      socket.write(`RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\n\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAfterwards(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
}

describe('a refused log-in over RTSP', () => {
  it('by a way that ffmpeg does not know is no wrong password: the reason names the way', async () => {
    const url = await refusing('Digest realm="camera", algorithm=SHA-256, nonce="abc"');
    const refusal = ask({ url, user: 'viewer', password: 'pass-word' });
    await expect(refusal).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('Digest with SHA-256'),
    });
    await expect(refusal).rejects.toMatchObject({ message: expect.not.stringContaining('password is wrong') });
  });

  it('by a way that ffmpeg knows is a wrong password', async () => {
    const url = await refusing('Digest realm="camera", nonce="abc"');
    await expect(ask({ url, user: 'viewer', password: 'no' })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('password is wrong'),
    });
  });
});
