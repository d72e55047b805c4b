import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { clip } from '../media/clips.js';

const run = promisify(execFile);
const REALM = 'Basic realm="camera"';
const SEGMENT_SECONDS = 0.5;

export interface HttpCameraConfig {
  readonly user?: string;
  readonly password?: string;
  /** Frames a second of /mjpeg. */
  readonly fps?: number;
}

/**
 * A web server with what cameras and streaming servers offer over HTTP: /mjpeg (multipart), /vod/index.m3u8 (HLS with an end),
 * /live/index.m3u8 (HLS without), /clip.mp4, /page.html, /silent (accepts and says nothing), /redirect-to-file.
 */
export class HttpCamera {
  private readonly sockets = new Set<Socket>();
  private readonly started = Date.now();
  /** Connections that were made; HLS makes many. */
  requests = 0;

  private constructor(
    private readonly server: Server,
    private readonly config: HttpCameraConfig,
    private readonly segments: string,
  ) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(config: HttpCameraConfig = {}): Promise<HttpCamera> {
    const segments = await mkdtemp(join(tmpdir(), 'maskcast-hls-'));
    const hls = ['-f', 'hls', '-hls_time', String(SEGMENT_SECONDS), '-hls_playlist_type', 'vod'];
    const encode = [
      '-an',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '12',
      '-keyint_min',
      '12',
      '-sc_threshold',
      '0',
    ];
    await run('ffmpeg', ['-v', 'error', '-i', await clip('h264'), ...encode, ...hls, join(segments, 'index.m3u8')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HttpCamera(server, config, segments);
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  /** Cuts every connection; new ones are welcome. */
  disconnect(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.disconnect();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.segments, { recursive: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const { user, password } = this.config;
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (user !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': REALM }).end();
      return;
    }
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path === '/mjpeg') return this.mjpeg(response);
    if (path === '/silent') return;
    if (path === '/clip.mp4') return sendFile(request, response, await clip('h264'));
    if (path === '/live/index.m3u8') return this.livePlaylist(response);
    if (path === '/redirect-to-file') return void response.writeHead(302, { Location: 'file:///etc/passwd' }).end();
    if (path === '/page.html') {
      const page = '<html><body>Log in</body></html>'.repeat(50);
      return void response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': page.length }).end(page);
    }
    const segment = /^\/(?:vod|live)\/([\w.]+)$/.exec(path)?.[1];
    if (segment) return sendFile(request, response, join(this.segments, segment));
    response.writeHead(404).end();
  }

  private async mjpeg(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
    const period = 1000 / (this.config.fps ?? 25);
    for (let n = 0; !response.destroyed; n++) {
      const shade = (n * 8) % 256;
      const background = { r: shade, g: shade, b: shade };
      const jpeg = await sharp({ create: { width: 160, height: 120, channels: 3, background } })
        .jpeg()
        .toBuffer();
      response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
      response.write(jpeg);
      response.write('\r\n');
      await new Promise((resolve) => setTimeout(resolve, period));
    }
  }

  /** The same few segments again and again, a new one each half second, each announced as a discontinuity. */
  private async livePlaylist(response: ServerResponse): Promise<void> {
    const names = (await readdir(this.segments)).filter((name) => name.endsWith('.ts')).sort();
    const newest = Math.floor((Date.now() - this.started) / 1000 / SEGMENT_SECONDS) + 6;
    const first = newest - 5;
    const lines = ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:1', `#EXT-X-MEDIA-SEQUENCE:${first}`];
    for (let n = first; n <= newest; n++) {
      lines.push('#EXT-X-DISCONTINUITY', `#EXTINF:${SEGMENT_SECONDS},`, names[n % names.length] ?? '');
    }
    response.writeHead(200, { 'Content-Type': 'application/vnd.apple.mpegurl' }).end(`${lines.join('\n')}\n`);
  }
}

async function sendFile(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return void response.writeHead(404).end();
  const type = path.endsWith('.m3u8')
    ? 'application/vnd.apple.mpegurl'
    : path.endsWith('.ts')
      ? 'video/mp2t'
      : 'video/mp4';
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(request.headers.range ? 206 : 200, {
    'Content-Type': type,
    'Accept-Ranges': 'bytes',
    'Content-Length': found.size - from,
    ...(request.headers.range ? { 'Content-Range': `bytes ${from}-${found.size - 1}/${found.size}` } : {}),
  });
  if (type.startsWith('application')) response.end(await readFile(path));
  else createReadStream(path, { start: from }).pipe(response);
}
