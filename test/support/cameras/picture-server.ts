import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import sharp from 'sharp';

/** How a camera wraps its pictures; the first is right, the others are seen in the field. */
export const FRAMINGS = [
  'right',
  'no-first-boundary',
  'no-dashes',
  'wrong-lengths',
  'raw',
  'raw-as-multipart',
] as const;
export type Framing = (typeof FRAMINGS)[number];

export interface PictureServerConfig {
  readonly user?: string;
  readonly password?: string;
  readonly algorithm?: 'MD5' | 'SHA-256';
}

/**
 * A camera that sends a picture when a test says so: `/FRAMING` is a series, `/still.jpg`, `.png` and `.webp` a single picture with an ETag. Each of its
 * pictures is of another grey.
 */
export class PictureServer {
  private readonly sockets = new Set<Socket>();
  private readonly watching = new Map<ServerResponse, Framing>();
  private readonly arrivals: (() => void)[] = [];
  /** Requests of a single picture, and how many of them were answered by 304. */
  asked = 0;
  unchanged = 0;
  private count = 0;
  private picture: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly server: Server,
    private readonly config: PictureServerConfig,
  ) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => this.answer(request, response));
  }

  static async start(config: PictureServerConfig = {}): Promise<PictureServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const camera = new PictureServer(server, config);
    await camera.expose();
    return camera;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${path}`;
  }

  /** Another picture; returns its grey level. */
  async expose(size = { width: 160, height: 120 }): Promise<number> {
    const grey = ((this.count + 1) * 40) % 256;
    const background = { r: grey, g: grey, b: grey };
    const made = sharp({ create: { ...size, channels: 3, background } }).jpeg();
    // Together: a request in between would get the old picture under the new one's ETag.
    [this.picture, this.count] = [await made.toBuffer(), this.count + 1];
    return grey;
  }

  /** Sends a new picture to whoever watches a series. */
  async send(size?: { readonly width: number; readonly height: number }): Promise<number> {
    const grey = await this.expose(size);
    for (const [response, framing] of this.watching) response.write(this.framed(framing));
    return grey;
  }

  /** Resolves when a request for a series is answered. */
  watched(): Promise<void> {
    return new Promise((resolve) => this.arrivals.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').slice(1);
    if (!this.allowed(request)) {
      const { algorithm } = this.config;
      const digest = `Digest realm="camera", qop="auth", algorithm=${algorithm}, nonce="n0nce"`;
      response.writeHead(401, { 'WWW-Authenticate': digest }).end();
    } else if (path.startsWith('still.')) void this.still(path, request, response);
    else if ((FRAMINGS as readonly string[]).includes(path)) this.series(path as Framing, response);
    else response.writeHead(404).end();
  }

  private async still(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked += 1;
    const etag = `"${this.count}"`;
    if (request.headers['if-none-match'] === etag) {
      this.unchanged += 1;
      response.writeHead(304).end();
      return;
    }
    const type = { 'Content-Type': `image/${path === 'still.jpg' ? 'jpeg' : path.slice('still.'.length)}`, ETag: etag };
    const { picture } = this;
    const other =
      path === 'still.png' ? sharp(picture).png() : path === 'still.webp' ? sharp(picture).webp() : undefined;
    response.writeHead(200, type).end(other ? await other.toBuffer() : picture);
  }

  private series(framing: Framing, response: ServerResponse): void {
    const type = framing === 'raw' ? 'video/x-motion-jpeg' : 'multipart/x-mixed-replace; boundary=frame';
    response.writeHead(200, { 'Content-Type': type });
    if (framing === 'no-first-boundary') response.write('Content-Type: image/jpeg\r\n\r\n');
    response.write(this.framed(framing));
    this.watching.set(response, framing);
    response.on('close', () => this.watching.delete(response));
    for (const arrived of this.arrivals.splice(0)) arrived();
  }

  private framed(framing: Framing): Buffer {
    const { picture } = this;
    if (framing === 'raw' || framing === 'raw-as-multipart') return picture;
    const length = framing === 'wrong-lengths' ? 17 : picture.length;
    const head = `Content-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`;
    const boundary = framing === 'no-dashes' ? 'frame' : '--frame';
    if (framing === 'no-first-boundary') return Buffer.concat([picture, Buffer.from(`\r\n${boundary}\r\n${head}`)]);
    return Buffer.concat([Buffer.from(`${boundary}\r\n${head}`), picture, Buffer.from('\r\n')]);
  }

  private allowed({ headers, method, url }: IncomingMessage): boolean {
    const { user, password, algorithm } = this.config;
    if (user === undefined || algorithm === undefined) return true;
    const hash = (text: string) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(headers.authorization ?? '')?.[1] ?? '';
    const secret = hash(`${user}:camera:${password}`);
    const expected = [secret, 'n0nce', field('nc'), field('cnonce'), 'auth', hash(`${method}:${url}`)].join(':');
    return field('response') === hash(expected);
  }
}
