import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { MaskcastError } from '../../core/errors.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { assertAccess } from '../access/auth.js';
import type { Gate } from '../access/gate.js';
import type { ViewerLimits } from '../access/viewer-limits.js';
import { PROBLEM_TYPE, toProblem } from '../http/problem.js';
import type { StreamService } from '../services.js';
import { CLIENT_MESSAGE_BYTES, SOCKET_PATH, SUBPROTOCOL } from '../wire/protocol.js';
import type { Hub } from './hub.js';

export interface SocketParts {
  readonly streams: Pick<StreamService, 'get'>;
  readonly gate: Gate;
  readonly hub: Hub;
  readonly limits: ViewerLimits;
  readonly metrics: Pick<Metrics, 'onRefusal'>;
  readonly logger: Logger;
}

/**
 * Upgrades `/ws/v1/streams/ID`. In: upgrade requests. Out: sockets in the hub, or an HTTP problem. Always holds: Host, Origin,
 * token, stream and limits are checked before the upgrade, so that nothing is spent on who may not watch.
 * @returns a function that cuts all sockets, for viewers that do not answer a good-bye
 */
export function serveSockets(server: Server, parts: SocketParts): () => void {
  const open = new Set<Duplex>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Pictures don't compress, and zlib contexts a connection fragment the memory (ws#1202).
    perMessageDeflate: false,
    // Above CLIENT_MESSAGE_BYTES the session still explains; far above it ws closes at once.
    maxPayload: 16 * CLIENT_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  server.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => {}); // a peer that resets during the handshake concerns nobody
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' && isBodiless(request)) {
      answerPlainly(server, request, socket);
      return;
    }
    try {
      const { stream, mayControl, leave } = admit(request, parts);
      open.add(socket);
      socket.once('close', () => {
        open.delete(socket);
        leave();
      });
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        try {
          parts.hub.join(stream, webSocket, mayControl);
        } catch (error) {
          parts.logger.warn({ err: error, stream }, 'a viewer could not join');
          webSocket.close(1011);
        }
      });
    } catch (error) {
      refuse(socket, error, parts);
    }
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}

const isBodiless = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

/** Some HTTP clients offer HTTP/2 with every request (`Upgrade: h2c`). A server may ignore that; Node leaves it to us. */
function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once('finish', () => socket.end());
  server.emit('request', request, response);
}

function admit(request: IncomingMessage, { streams, gate, limits }: SocketParts) {
  gate.checkHost(request);
  gate.checkOrigin(request);
  const principal = gate.identify(request);
  assertAccess(principal, 'viewer');
  const stream = streamOf(request.url ?? '');
  streams.get(stream);
  const leave = limits.enter(gate.addressOf(request));
  return { stream, mayControl: principal.role === 'admin', leave };
}

function streamOf(url: string): string {
  const path = url.split('?')[0] ?? '';
  const id = path.startsWith(SOCKET_PATH) ? path.slice(SOCKET_PATH.length) : '';
  if (!/^[a-z0-9-]{1,64}$/.test(id)) {
    throw new MaskcastError('NOT_FOUND', `sockets are at ${SOCKET_PATH}ID, where ID is a stream's id`);
  }
  return id;
}

/** Answers over plain HTTP and closes. */
function refuse(socket: Duplex, error: unknown, { metrics, logger }: SocketParts): void {
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
