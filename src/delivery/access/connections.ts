import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Places } from './viewer-limits.js';

/**
 * The connections of a server, each timed in every state, so that none is held for ever.
 *
 * In: the server's sockets and requests. Out: those that don't get on are cut. Always holds: a socket that is open is in this list
 * until it is closed, whatever it speaks; only a request whose answer is being made may take as long as it takes.
 *
 * | state | limit | watched by |
 * |---|---|---|
 * | headers | `timeouts.headers` | Node |
 * | a body that isn't whole | `timeouts.body`, longer while it brings LEAST_RATE on average | this |
 * | a body that goes on after its answer | LINGER | this |
 * | an answer, event or frame that the peer doesn't take | `timeouts.body` without one byte | this |
 * | between two requests | 5 s | Node |
 * | ended by us, still open at the peer's side | LINGER | this |
 * | a WebSocket | 30 s without a sign of life; UPGRADED_RATE | its session; this |
 */

const MAX_CONNECTIONS = 2048;
const MAX_CONNECTIONS_PER_ADDRESS = 256;

/** Bytes a second: far below any network over which one would send a video. */
const LEAST_RATE = 16_000;

/** Bytes a second that a WebSocket's client may send: a hundred times what acknowledgements take. */
const UPGRADED_RATE = 256_000;

/** Milliseconds: for what is on its way to be read, then for the peer's own farewell. */
const LINGER = 5_000;

export interface ConnectionTimeouts {
  /** Milliseconds until a request's headers are complete. */
  readonly headers: number;
  /** Milliseconds between two looks at all connections. */
  readonly check: number;
  /** Milliseconds for a body that trickles, and for an answer of which nothing is taken. */
  readonly body?: number;
  /** Milliseconds. Default: LINGER. */
  readonly linger?: number;
}

const PATIENCE = 30_000;

export class Connections {
  private readonly open = new Map<Socket, Connection>();
  private readonly patience: number;
  private readonly linger: number;

  /** @param onePerClient whether each address is a client of its own; behind a proxy all come from one, and it has to limit them */
  constructor(server: Server, timeouts: ConnectionTimeouts, onePerClient: boolean) {
    this.patience = timeouts.body ?? PATIENCE;
    this.linger = timeouts.linger ?? LINGER;
    server.maxConnections = MAX_CONNECTIONS;
    const places = new Places(MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS);
    server.on('connection', (socket: Socket) => {
      // One that is given back to the server: see `giveBack`.
      if (this.open.has(socket)) return;
      const leave = onePerClient ? places.enter(socket.remoteAddress ?? '') : () => {};
      if (typeof leave !== 'function') return void socket.destroy();
      this.open.set(socket, new Connection(socket));
      socket.once('close', () => {
        this.open.delete(socket);
        leave();
      });
    });
    server.on('request', (request, response) => this.open.get(request.socket)?.begin(request, response));
    const sweep = setInterval(() => this.sweep(), timeouts.check);
    sweep.unref();
    server.once('close', () => clearInterval(sweep));
  }

  /** Whether an answer to an earlier request is still being made: nothing else may take this socket over. */
  isAnswering(socket: Socket): boolean {
    return this.open.get(socket)?.isAnswering ?? false;
  }

  /** From here on it speaks WebSocket. */
  upgraded(socket: Socket): void {
    this.open.get(socket)?.upgraded();
  }

  get count(): number {
    return this.open.size;
  }

  /** At once and without a word. */
  cutAll(): void {
    for (const socket of this.open.keys()) socket.destroy();
  }

  private sweep(): void {
    const now = performance.now();
    for (const connection of this.open.values()) connection.look(now, this.patience, this.linger);
  }
}

/** One socket and how long it has been in its present state. */
class Connection {
  private body: { readonly request: IncomingMessage; readonly since: number; readonly before: number } | undefined;
  private response: ServerResponse | undefined;
  private answeredAt: number | undefined;
  private stuck: { readonly taken: number; readonly since: number } | undefined;
  private endedAt: number | undefined;
  private heard: { readonly bytes: number; readonly at: number } | undefined;

  constructor(private readonly socket: Socket) {}

  get isAnswering(): boolean {
    return this.response !== undefined && !this.response.writableFinished;
  }

  upgraded(): void {
    this.heard = { bytes: this.socket.bytesRead, at: performance.now() };
  }

  begin(request: IncomingMessage, response: ServerResponse): void {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
    this.body = hasBody ? { request, since: performance.now(), before: this.socket.bytesRead } : undefined;
    this.response = response;
    this.answeredAt = undefined;
  }

  look(now: number, patience: number, linger: number): void {
    this.lookAtBody(now, patience, linger);
    this.lookAtOutput(now, patience);
    this.lookAtFlood(now);
    if (this.socket.writableFinished) this.endedAt ??= now;
    if (this.endedAt !== undefined && now - this.endedAt >= linger) this.socket.destroy();
  }

  private lookAtBody(now: number, patience: number, linger: number): void {
    const { body, response, socket } = this;
    if (!body || !response) return;
    if (body.request.complete) {
      this.body = undefined;
      return;
    }
    if (response.writableFinished) this.answeredAt ??= now;
    if (this.answeredAt !== undefined && now - this.answeredAt >= linger) return void socket.destroy();
    const elapsed = now - body.since;
    if (elapsed < patience || ((socket.bytesRead - body.before) * 1000) / elapsed >= LEAST_RATE) return;
    if (response.headersSent || socket.destroyed) return void socket.destroy();
    response.once('finish', () => socket.destroy());
    response.writeHead(408, { Connection: 'close' }).end();
  }

  private lookAtOutput(now: number, patience: number): void {
    const { socket } = this;
    const { taken, waiting } = outputOf(socket);
    if (!waiting) this.stuck = undefined;
    else if (this.stuck?.taken !== taken) this.stuck = { taken, since: now };
    else if (now - this.stuck.since >= patience) socket.destroy();
  }

  /** Sessions count messages; empty fragments and the like they never see. */
  private lookAtFlood(now: number): void {
    const { heard, socket } = this;
    if (!heard) return;
    if (((socket.bytesRead - heard.bytes) * 1000) / (now - heard.at) > UPGRADED_RATE) socket.destroy();
    this.heard = { bytes: socket.bytesRead, at: now };
  }
}

/**
 * Bytes that the operating system has taken for the peer, and whether others wait. Of a large write only libuv knows how far it has
 * got; Node reads the same two numbers for its own timeouts.
 */
function outputOf(socket: Socket): { readonly taken: number; readonly waiting: boolean } {
  const { _handle: handle } = socket as Socket & { _handle?: { bytesWritten: number; writeQueueSize: number } | null };
  const taken = handle ? handle.bytesWritten - handle.writeQueueSize : socket.bytesWritten - socket.writableLength;
  return { taken, waiting: socket.writableLength > 0 };
}
