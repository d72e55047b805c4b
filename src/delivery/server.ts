import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { Gate } from './access/gate.js';
import { limitSlowBodies } from './access/slow-bodies.js';
import { Places, ViewerLimits } from './access/viewer-limits.js';
import { assertSafeExposure, type DeliveryConfig } from './config.js';
import { createApp } from './http/app.js';
import { healthOperations } from './http/health.js';
import { openApiOperation } from './http/openapi.js';
import type { Operation } from './http/operation.js';
import { pictureOperations } from './http/pictures.js';
import { sessionOperations } from './http/session.js';
import { streamOperations } from './http/streams.js';
import { Pictures } from './pictures/pictures.js';
import type { Readiness, StreamService } from './services.js';
import { Hub } from './sockets/hub.js';
import { serveSockets } from './sockets/websocket.js';

export interface DeliveryOptions {
  readonly config: DeliveryConfig;
  /** Absolute path of the built viewer page. */
  readonly publicDir: string;
  readonly streams: StreamService;
  readonly readiness?: Readiness;
  readonly metrics?: Metrics;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Milliseconds. Default: 10,000 until a request's headers are complete, looked at every 2,000; for bodies see limitSlowBodies. */
  readonly timeouts?: { readonly headers: number; readonly check: number; readonly body?: number };
  /** Further operations, for instance of jobs; they get the same checks and a place in the OpenAPI document. */
  readonly operations?: readonly Operation[];
}

export interface DeliveryServer {
  /** @throws MaskcastError CONFIG_INVALID where the address must not or can't be listened on */
  listen(): Promise<{ readonly port: number; readonly address: string }>;
  /** Socket and MJPEG viewers of a stream. */
  viewers(stream: string): number;
  /** Says good-bye to viewers, lets requests under way end for a moment, and closes. Idempotent. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 2048;
const MAX_CONNECTIONS_PER_ADDRESS = 256;

/** How long requests under way may go on after `close`. Milliseconds. */
const CLOSE_GRACE = 2000;

export function createDeliveryServer(options: DeliveryOptions): DeliveryServer {
  const { config, streams, logger, clock = systemClock, metrics = new Metrics() } = options;
  assertSafeExposure(config);
  const server = createHttpServer(options.timeouts ?? { headers: 10_000, check: 2000 });
  if (!config.trustedProxies) limitConnections(server);
  const port = () => (server.address() as AddressInfo | null)?.port ?? config.port;
  const gate = new Gate(config, clock, () => `maskcast-${port()}`);
  const viewers = (stream: string) => hub.viewers(stream) + pictures.viewers(stream);
  const hub: Hub = new Hub({ streams, viewers, clock, observer: metrics });
  const limits = new ViewerLimits(config);
  const pictures = new Pictures({ streams, clock, onDrop: (stream) => metrics.onDrop(stream, 'viewer-slow', 1) });
  const operations = [
    ...streamOperations(streams, viewers),
    ...pictureOperations(pictures, limits, (stream, bytes) => metrics.onSent(stream, bytes)),
    ...sessionOperations(gate.authenticator, ({ request }) => gate.isHttps(request)),
    ...healthOperations(options.readiness ?? (() => ({ ready: true, checks: {} })), metrics),
    ...(options.operations ?? []),
  ];
  operations.push(openApiOperation(operations));
  server.on('request', createApp({ config, publicDir: options.publicDir, operations, gate, metrics, logger }));
  const cutSockets = serveSockets(server, { streams, gate, hub, limits, metrics, logger });
  let closing: Promise<void> | undefined;
  return {
    listen: () => listen(server, config),
    viewers,
    close() {
      hub.close();
      closing ??= Promise.all([pictures.close(), closeServer(server, cutSockets)]).then(() => {});
      return closing;
    },
  };
}

/** Limits against clients that hold connections without saying anything. */
function createHttpServer({ headers, check, body }: NonNullable<DeliveryOptions['timeouts']>): Server {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: headers,
    // Uploads take as long as they take; see limitSlowBodies.
    requestTimeout: 0,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: check,
  });
  server.maxConnections = MAX_CONNECTIONS;
  limitSlowBodies(server, body);
  return server;
}

/** One machine can't take every connection. Behind a proxy all come from one address, and the proxy has to see to it. */
function limitConnections(server: Server): void {
  const places = new Places(MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS);
  server.on('connection', (socket) => {
    const leave = places.enter(socket.remoteAddress ?? '');
    if (typeof leave === 'function') socket.once('close', leave);
    else socket.destroy();
  });
}

function listen(server: Server, { host, port }: DeliveryConfig): Promise<{ port: number; address: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new MaskcastError('CONFIG_INVALID', `cannot listen on ${host}:${port}: ${explain(cause)}`, { cause }));
    });
    server.listen({ host, port }, () => {
      const { address, port: actual } = server.address() as AddressInfo;
      resolve({ address, port: actual });
    });
  });
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'another program listens there (server.port)';
  if (code === 'EACCES') return 'this user may not (ports below 1024 need a privilege)';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'this machine has no such address (server.host)';
  return message;
}

function closeServer(server: Server, cutSockets: () => void): Promise<void> {
  return new Promise((resolve) => {
    const impatient = setTimeout(() => {
      server.closeAllConnections();
      cutSockets();
    }, CLOSE_GRACE);
    server.close(() => {
      clearTimeout(impatient);
      resolve();
    });
    server.closeIdleConnections();
  });
}
