import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { Connections, type ConnectionTimeouts } from './access/connections.js';
import { Gate } from './access/gate.js';
import { ViewerLimits } from './access/viewer-limits.js';
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
import { type SocketEndpoint, serveSockets } from './sockets/websocket.js';

export interface DeliveryOptions {
  readonly config: DeliveryConfig;
  /** Absolute path of the built viewer page. */
  readonly publicDir: string;
  readonly streams: StreamService;
  readonly readiness?: Readiness;
  readonly metrics?: Metrics;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Default: 10 s for headers, looked at every 2 s. */
  readonly timeouts?: ConnectionTimeouts;
  /** Further operations, for instance of jobs; they get the same checks and a place in the OpenAPI document. */
  readonly operations?: readonly Operation[];
  /** What can be followed over a WebSocket beside streams; the same checks. */
  readonly sockets?: readonly SocketEndpoint[];
}

export interface DeliveryServer {
  /** @throws MaskcastError CONFIG_INVALID where the address must not or can't be listened on */
  listen(): Promise<{ readonly port: number; readonly address: string }>;
  /** Socket and MJPEG viewers of a stream. */
  viewers(stream: string): number;
  /** Open now, of all kinds. */
  readonly connections: number;
  /** Says good-bye to viewers, lets requests under way end for a moment, and closes. Idempotent. */
  close(): Promise<void>;
}

/** How long requests under way may go on after `close`. Milliseconds. */
const CLOSE_GRACE = 2000;

export function createDeliveryServer(options: DeliveryOptions): DeliveryServer {
  const { config, streams, logger, clock = systemClock, metrics = new Metrics() } = options;
  assertSafeExposure(config);
  const timeouts = options.timeouts ?? { headers: 10_000, check: 2000 };
  const server = createHttpServer(timeouts);
  const connections = new Connections(server, timeouts, !config.trustedProxies);
  const port = () => (server.address() as AddressInfo | null)?.port ?? config.port;
  const gate = new Gate(config, clock, () => `maskcast-${port()}`);
  const viewers = (stream: string) => hub.viewers(stream) + pictures.viewers(stream);
  const hub: Hub = new Hub({ streams, viewers, clock, observer: metrics });
  const limits = new ViewerLimits(config);
  const pictures = new Pictures({ streams, clock, onDrop: (stream) => metrics.onDrop(stream, 'viewer-slow', 1) });
  const operations = [
    ...streamOperations(streams, viewers),
    ...pictureOperations(pictures, limits, (stream, bytes) => metrics.onSent(stream, bytes)),
    ...sessionOperations(gate),
    ...healthOperations(options.readiness ?? (() => ({ ready: true, checks: {} })), metrics),
    ...(options.operations ?? []),
  ];
  operations.push(openApiOperation(operations));
  server.on('request', createApp({ config, publicDir: options.publicDir, operations, gate, metrics, logger }));
  const endpoints = options.sockets ?? [];
  serveSockets(server, { streams, endpoints, gate, hub, limits, connections, clock, metrics, logger });
  let closing: Promise<void> | undefined;
  return {
    listen: () => listen(server, config),
    viewers,
    get connections() {
      return connections.count;
    },
    close() {
      hub.close();
      closing ??= Promise.all([pictures.close(), closeServer(server, connections)]).then(() => {});
      return closing;
    },
  };
}

/** Node's part of the limits in `Connections`. */
function createHttpServer({ headers, check }: ConnectionTimeouts): Server {
  return createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: headers,
    // Uploads take as long as they take; `Connections` times bodies.
    requestTimeout: 0,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: check,
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

function closeServer(server: Server, connections: Connections): Promise<void> {
  return new Promise((resolve) => {
    const impatient = setTimeout(() => connections.cutAll(), CLOSE_GRACE);
    server.close(() => {
      clearTimeout(impatient);
      resolve();
    });
    server.closeIdleConnections();
  });
}
