import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { closeAfterwards, tidyUp, watch } from '../../support/live.js';
import { clip } from '../../support/media/clips.js';

afterEach(tidyUp);

/** A port that nobody has; whoever needs one by number has to take it before somebody else does. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** A sender that begins again whenever its peer has gone. @returns what ends it as a crash would */
async function send(...output: string[]): Promise<() => void> {
  const source = await clip('h264');
  let closed = false;
  let child: ChildProcess | undefined;
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '12', '-an'];
  const start = () => {
    if (closed) return;
    child = spawn('ffmpeg', ['-v', 'quiet', '-re', '-stream_loop', '-1', '-i', source, ...encode, ...output], {
      stdio: 'ignore',
    });
    child.once('close', start);
  };
  start();
  closeAfterwards(async () => {
    closed = true;
    child?.kill('SIGKILL');
  });
  return () => void child?.kill('SIGKILL');
}

const PATIENT = { connectTimeout: ms(20_000), stallTimeout: ms(10_000) };

describe('a live stream', () => {
  it('by UDP is watched where it arrives', async () => {
    const port = await freePort();
    await send('-f', 'mpegts', `udp://127.0.0.1:${port}?pkt_size=1316`);
    const watcher = watch(`udp://@127.0.0.1:${port}`, PATIENT);
    await watcher.frames(10, 30_000);
    expect(watcher.newest?.geometry.source).toEqual({ width: 320, height: 240 });
  });

  it('by SRT is fetched with its passphrase', async () => {
    const port = await freePort();
    await send('-f', 'mpegts', `srt://127.0.0.1:${port}?mode=listener&passphrase=a-long-secret`);
    const watcher = watch(`srt://127.0.0.1:${port}?passphrase=a-long-secret`, PATIENT);
    await watcher.frames(10, 30_000);
  });

  it('by RTP, as a transport stream, is watched where it arrives', async () => {
    // RTP takes the port above it, too, for its reports.
    const port = (await freePort()) & ~1;
    await send('-f', 'rtp_mpegts', `rtp://127.0.0.1:${port}?pkt_size=1316`);
    const watcher = watch(`rtp://127.0.0.1:${port}`, PATIENT);
    await watcher.frames(10, 30_000);
    expect(watcher.newest?.geometry.source).toEqual({ width: 320, height: 240 });
  });

  it('by RTMP is fetched from a server, and again when that was away', async () => {
    const port = await freeTcpPort();
    // ffmpeg is the server here: it has one viewer at a time, as many small cameras do.
    const crash = await send('-f', 'flv', '-listen', '1', `rtmp://127.0.0.1:${port}/live/yard`);
    const watcher = watch(`rtmp://127.0.0.1:${port}/live/yard`, PATIENT);
    await watcher.frames(10, 30_000);
    expect(watcher.newest?.geometry.source).toEqual({ width: 320, height: 240 });
    crash();
    await watcher.state('reconnecting', 10_000);
    await watcher.frames(5, 30_000);
  });
});
