import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import { ms } from '../../core/time.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { AttemptLimiter } from '../access/attempt-limiter.js';
import { assertAccess } from '../access/auth.js';
import type { Connections } from '../access/connections.js';
import type { Gate } from '../access/gate.js';
import type { ViewerLimits } from '../access/viewer-limits.js';
import { PROBLEM_TYPE, toProblem } from '../http/problem.js';
import type { StreamService } from '../services.js';
import { CLIENT_MESSAGE_BYTES, CLOSE_CODES, SOCKET_PATH, SUBPROTOCOL } from '../wire/protocol.js';
import type { Hub } from './hub.js';

/** Something beside streams that can be followed over a WebSocket, for instance jobs. */
export interface SocketEndpoint {
  /** Path, exactly. Viewers may open it. */
  readonly path: string;
  /** @throws MaskcastError where no more may enter */
  admit(address: string): Admission;
}

export interface Admission {
  /** Once the socket is open. @throws MaskcastError */
  join(socket: WebSocket): void;
  /** Once it has gone, whether it was ever open or not. */
  leave(): void;
}

export interface SocketParts {
  readonly streams: Pick<StreamService, 'feed'>;
  readonly endpoints: readonly SocketEndpoint[];
  readonly gate: Gate;
  readonly hub: Hub;
  readonly limits: ViewerLimits;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'onRefusal'>;
  readonly logger: Logger;
}

/** Upgrades of one address: a page with a camera in each of sixty tiles, all of which come back after a restart. */
const UPGRADES_A_MINUTE = 1200;

/** Milliseconds that a peer has to answer a close. */
const CLOSE_TIMEOUT = 5_000;

const OPTIONS: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  // Pictures don't compress, and zlib contexts a connection fragment the memory (ws#1202).
  perMessageDeflate: false,
  // Above CLIENT_MESSAGE_BYTES the session still explains; far above it ws closes at once.
  maxPayload: 16 * CLIENT_MESSAGE_BYTES,
  handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  closeTimeout: CLOSE_TIMEOUT,
};

/**
 * Upgrades `/ws/v1/streams/ID` and the endpoints. In: upgrade requests. Out: sockets in the hub, or an HTTP problem. Always holds: Host,
 * Origin, token, stream and limits are checked before the upgrade, so that nothing is spent on who may not watch.
 */
export function serveSockets(server: Server, parts: SocketParts): void {
  const sockets = new WebSocketServer(OPTIONS);
  const upgrades = new AttemptLimiter(parts.clock, UPGRADES_A_MINUTE, ms(60_000));
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {}); // a peer that resets during the handshake concerns nobody
    if (parts.connections.isAnswering(socket)) return void socket.destroy();
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return giveBack(server, request, socket, head);
    try {
      limitUpgrades(upgrades, parts.gate.addressOf(request));
      const { join, leave } = admit(request, parts);
      socket.once('close', leave);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        parts.connections.upgraded(socket);
        try {
          join(webSocket);
        } catch (error) {
          parts.logger.warn({ err: error, path: request.url?.split('?')[0] }, 'a viewer could not join');
          webSocket.close(CLOSE_CODES.internal);
        }
      });
    } catch (error) {
      refuse(socket, error, parts);
    }
  });
}

/**
 * Some HTTP clients offer HTTP/2 with every request (`Upgrade: h2c`). A server may ignore that, but Node lets go of a socket on
 * which anything is offered. The server gets it back with the same request, but for the offer, as its first bytes: so all that it does for
 * requests (time-outs, bodies, a next request) holds for these.
 */
function giveBack(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Socket,
  head: Buffer,
) {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!/^(upgrade|connection|http2-settings)$/i.test(rawHeaders[i] ?? ''))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function limitUpgrades(upgrades: AttemptLimiter, address: string): void {
  const wait = Math.ceil(upgrades.blockedFor(address) / 1000);
  upgrades.record(address);
  if (wait === 0) return;
  throw new MaskcastError('RATE_LIMITED', `at most ${UPGRADES_A_MINUTE} sockets a minute from one address`, {
    retryable: true,
    details: { retryAfterSeconds: wait },
  });
}

function admit(request: IncomingMessage, { streams, endpoints, gate, limits, hub }: SocketParts): Admission {
  gate.checkHost(request);
  gate.checkOrigin(request);
  const principal = gate.identify(request);
  assertAccess(principal, 'viewer');
  const address = gate.addressOf(request);
  const path = (request.url ?? '').split('?')[0] ?? '';
  const endpoint = endpoints.find((each) => each.path === path);
  if (endpoint) return endpoint.admit(address);
  const stream = streamOf(path);
  streams.feed(stream);
  return { leave: limits.enter(address), join: (socket) => hub.join(stream, socket, principal.role === 'admin') };
}

function streamOf(path: string): string {
  const id = path.startsWith(SOCKET_PATH) ? path.slice(SOCKET_PATH.length) : '';
  if (!/^[a-z0-9-]{1,64}$/.test(id)) {
    throw new MaskcastError('NOT_FOUND', `sockets are at ${SOCKET_PATH}ID, where ID is a stream's id`);
  }
  return id;
}

/** Answers over plain HTTP and closes. */
function refuse(socket: Socket, error: unknown, { metrics, logger }: SocketParts): void {
  const problem = toProblem(error);
  metrics.onRefusal(problem.code);
  if (problem.status === 500) logger.error({ err: error }, 'an upgrade failed');
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      'Connection: close',
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}
