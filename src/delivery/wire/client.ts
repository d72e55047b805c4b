import type { ErrorRecord } from '../../core/errors.js';
import { MaskcastError, toErrorRecord } from '../../core/errors.js';
import { type EpochMilliseconds, epochMs, type Milliseconds, ms } from '../../core/time.js';
import { Backoff } from '../../flow/backoff.js';
import { Listeners } from '../../flow/listeners.js';
import { socketAddress, subprotocols, whyRefused } from './client-address.js';
import { onlineEvents, type WebSocketConstructor, type WebSocketLike } from './client-platform.js';
import {
  type ClientMessage,
  decodeFrame,
  FINAL_CLOSE_CODES,
  type FrameMessage,
  type HelloMessage,
  type MaskPlanes,
  readMask,
  type ServerMessage,
  type StateMessage,
  type StatisticsMessage,
} from './protocol.js';

export type { ClassSetting, ClassSettings } from '../../core/class-settings.js';
export type { ErrorCode, ErrorOptions, ErrorRecord, Remedy } from '../../core/errors.js';
export { MaskcastError } from '../../core/errors.js';
export type { FrameGeometry, Size } from '../../core/geometry.js';
export type { MaskOrigin } from '../../core/mask.js';
export type { ClassInfo } from '../../core/model.js';
export type { DropCause, Stage, StreamState, StreamStatistics, StreamStatus } from '../../core/stream.js';
export type { EpochMilliseconds, Milliseconds, Rational, Timestamp } from '../../core/time.js';
export { ms } from '../../core/time.js';
export type { WebSocketConstructor, WebSocketLike } from './client-platform.js';
export * from './protocol.js';

/**
 * A typed client of one stream, for browsers and Node.
 *
 * In: the server's messages. Out: frames in order, one at a time, each with the hello that explains its labels. Always holds:
 * a frame is acknowledged when its handler has settled and not before, so that a slow handler slows only this viewer; a lost
 * connection comes back by itself until `close()` or a final error.
 *
 *     const connection = connect({ url: 'http://127.0.0.1:8080', stream: 'front-door' });
 *     for await (const frame of connection.frames()) {
 *       const { labels } = await frame.planes();
 *     }
 */
export function connect(options: ConnectOptions): Connection {
  return new Connection(options);
}

/** What `connect` has to know. */
export interface ConnectOptions {
  /** The server's address: http(s):// or ws(s)://, a path before `/ws/v1/…` is kept. In a page: `location.href`'s origin. */
  readonly url: string | URL;
  /** The stream's id. */
  readonly stream: string;
  /** Left out in a page that has signed in: the cookie speaks for it. */
  readonly token?: string;
  /** Default: the global one. Node has none before version 22: pass that of the `ws` package. */
  readonly WebSocket?: WebSocketConstructor;
  /** First and longest delay before connecting again. Default: 250 ms and 10 s. */
  readonly retry?: { readonly initial: Milliseconds; readonly cap: Milliseconds };
  /** Silence after which the connection, or an attempt, counts as dead; the server speaks once a second. Default: 10 s. */
  readonly silence?: Milliseconds;
}

/** One frame as handlers get it. Its arrays are views into one message; they stay valid as long as they are held. */
export interface ReceivedFrame extends FrameMessage {
  readonly hello: HelloMessage;
  /** When the message arrived, by this machine's clock. */
  readonly receivedAt: EpochMilliseconds;
  /** Size of the whole message. */
  readonly bytes: number;
  /** Inflated on the first call, then remembered. @throws ProtocolError */
  planes(): Promise<MaskPlanes>;
}

/** What a connection is doing; see `Connection.status` and the event `connection`. */
export type ConnectionState =
  | { readonly state: 'connecting' }
  /** hello has arrived */
  | { readonly state: 'open' }
  /** lost; the next attempt starts at `retryAt` */
  | { readonly state: 'waiting'; readonly retryAt: EpochMilliseconds; readonly reason: ErrorRecord }
  /** by `close()` (no reason) or because no retry can help */
  | { readonly state: 'closed'; readonly reason: ErrorRecord | undefined };

/** The events of `Connection.on`, by type. */
export interface ConnectionEvents {
  readonly connection: ConnectionState;
  readonly hello: HelloMessage;
  readonly state: StateMessage;
  readonly statistics: StatisticsMessage;
  /** From the server, or from a frame handler that threw; a handler's error does not end the connection. */
  readonly error: ErrorRecord;
}

/** Gets one frame at a time; what it returns is waited for before the frame is acknowledged. */
export type FrameHandler = (frame: ReceivedFrame) => void | Promise<void>;

const OPEN = 1;
/** The close code of a client that can't read the server's messages. */
const CLIENT_GIVES_UP = 4000;

/** One stream as `connect` follows it, until `close()` or an error that no retry can help. */
export class Connection {
  private readonly listeners: { readonly [K in keyof ConnectionEvents]: Listeners<ConnectionEvents[K]> } = {
    connection: new Listeners(),
    hello: new Listeners(),
    state: new Listeners(),
    statistics: new Listeners(),
    error: new Listeners(),
  };
  private readonly address: URL;
  private readonly backoff: Backoff;
  private readonly silence: Milliseconds;
  private readonly Socket: WebSocketConstructor;
  private handler: FrameHandler | undefined;
  /** One frame at a time, whichever socket brought it. */
  private handling = Promise.resolve();
  private socket: WebSocketLike | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setInterval> | undefined;
  private heardAt = 0;
  private paused = false;
  private inspecting = false;
  private connection: ConnectionState = { state: 'connecting' };
  private lastHello: HelloMessage | undefined;
  private lastError: ErrorRecord | undefined;
  private newest: { readonly number: number; readonly capturedAt: EpochMilliseconds } | undefined;
  private readonly ends = new Listeners<void>();

  constructor(private readonly options: ConnectOptions) {
    this.address = socketAddress(options.url, options.stream);
    this.backoff = new Backoff(options.retry ?? { initial: ms(250), cap: ms(10_000) });
    this.silence = options.silence ?? ms(10_000);
    const Socket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (!Socket) {
      throw new MaskcastError('USAGE', 'there is no global WebSocket here: pass one as `WebSocket` (npm package ws)');
    }
    this.Socket = Socket;
    // A page that comes back online does not wait for the backoff.
    onlineEvents()?.addEventListener('online', this.retryNow);
    this.open();
  }

  /** What it is doing now. */
  get status(): ConnectionState {
    return this.connection;
  }

  /** The newest hello; absent before the first connection. */
  get hello(): HelloMessage | undefined {
    return this.lastHello;
  }

  /** Calls `listener` for every event of `type` until the returned function is called. */
  on<K extends keyof ConnectionEvents>(type: K, listener: (event: ConnectionEvents[K]) => void): () => void {
    return this.listeners[type].add(listener);
  }

  /**
   * Sets the one consumer of frames: it gets one frame at a time, and the frame is acknowledged when it returns or its
   * promise settles. Without a consumer frames are acknowledged and forgotten. @returns a function that removes it
   */
  onFrame(handler: FrameHandler): () => void {
    if (this.handler) throw new MaskcastError('USAGE', 'this connection has a frame consumer already');
    this.handler = handler;
    return () => {
      if (this.handler === handler) this.handler = undefined;
    };
  }

  /**
   * The frames one after the other, none twice; a frame is acknowledged when the loop asks for the next. Goes on across
   * reconnects; a restarted server counts frames from 0 again.
   * Ends after `close()`; leaving the loop stops consuming, not the connection.
   * @throws MaskcastError when the connection ends for a reason that no retry can help
   */
  async *frames(): AsyncGenerator<ReceivedFrame, void, void> {
    let arrived: { frame: ReceivedFrame; handled: () => void } | undefined;
    let wake = () => {};
    const removeHandler = this.onFrame(
      (frame) =>
        new Promise<void>((handled) => {
          arrived = { frame, handled };
          wake();
        }),
    );
    const removeEnd = this.ends.add(() => wake());
    try {
      while (this.connection.state !== 'closed') {
        if (!arrived) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        yield arrived.frame;
        const { handled } = arrived;
        arrived = undefined;
        handled();
      }
      const { reason } = this.connection;
      if (reason) throw new MaskcastError(reason.code, reason.message, { retryable: reason.retryable });
    } finally {
      removeEnd();
      removeHandler();
      arrived?.handled();
    }
  }

  /** No frames until `resume()`, also across reconnects; state and statistics go on. */
  pause(): void {
    this.paused = true;
    this.say({ type: 'pause' });
  }

  /** Frames again, beginning with the newest. */
  resume(): void {
    this.paused = false;
    this.say({ type: 'resume' });
  }

  /** Whether frames carry an inspection for `readInspection`, also across reconnects; costs the server some time. */
  inspect(on: boolean): void {
    if (this.inspecting === on) return;
    this.inspecting = on;
    this.say({ type: 'inspect', on });
  }

  /** Ends the wait between two attempts. */
  readonly retryNow = (): void => {
    if (this.connection.state !== 'waiting') return;
    clearTimeout(this.retryTimer);
    this.open();
  };

  /** Idempotent; no event comes afterwards but the last `connection` one. */
  close(): void {
    this.finish(undefined);
  }

  private open(): void {
    this.become({ state: 'connecting' });
    this.lastError = undefined;
    const socket = new this.Socket(this.address.href, subprotocols(this.options.token)) as WebSocketLike;
    this.socket = socket;
    this.heardAt = Date.now();
    socket.binaryType = 'arraybuffer';
    let opened = false;
    const mine = () => this.socket === socket;
    socket.addEventListener('open', () => {
      opened = true;
      if (mine() && this.paused) this.say({ type: 'pause' });
      if (mine() && this.inspecting) this.say({ type: 'inspect', on: true });
    });
    socket.addEventListener('error', () => {}); // `close` follows and tells more
    socket.addEventListener('message', ({ data }) => {
      if (!mine()) return;
      this.heardAt = Date.now();
      if (typeof data === 'string') {
        this.hear(data);
        return;
      }
      const hello = this.lastHello;
      if (!(data instanceof ArrayBuffer) || !hello) return;
      const receivedAt = epochMs(this.heardAt);
      this.handling = this.handling.then(async () => {
        if (mine()) await this.handle(socket, new Uint8Array(data), hello, receivedAt);
      });
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (mine()) void this.lost(code, reason, opened);
    });
    clearInterval(this.silenceTimer);
    this.silenceTimer = setInterval(() => {
      if (Date.now() - this.heardAt < this.silence) return;
      this.detach();
      this.wait({ code: 'TIMEOUT', message: `the server was silent for ${this.silence} ms`, retryable: true });
    }, this.silence / 4);
    (this.silenceTimer as { unref?: () => void }).unref?.();
  }

  private hear(text: string): void {
    const message = JSON.parse(text) as ServerMessage;
    if (message.type === 'hello') {
      this.lastHello = message;
      this.backoff.reset();
      if (this.connection.state !== 'open') this.become({ state: 'open' });
      this.listeners.hello.emit(message);
    } else if (message.type === 'state') {
      this.listeners.state.emit(message);
    } else if (message.type === 'statistics') {
      this.listeners.statistics.emit(message);
    } else if (message.type === 'error') {
      this.lastError = message.error;
      this.listeners.error.emit(message.error);
    }
  }

  private async handle(
    socket: WebSocketLike,
    bytes: Uint8Array,
    hello: HelloMessage,
    receivedAt: EpochMilliseconds,
  ): Promise<void> {
    let message: FrameMessage;
    try {
      message = decodeFrame(bytes);
    } catch (error) {
      this.detach(CLIENT_GIVES_UP);
      this.wait({ code: 'PROTOCOL_VIOLATION', message: (error as Error).message, retryable: true });
      return;
    }
    let planes: Promise<MaskPlanes> | undefined;
    const frame: ReceivedFrame = {
      ...message,
      hello,
      receivedAt,
      bytes: bytes.length,
      planes: () => {
        planes ??= readMask(message);
        return planes;
      },
    };
    // After a reconnect the server begins with its newest frame, which may be the one that was handled last.
    const { number, capturedAt } = message;
    const repeated = number === this.newest?.number && capturedAt === this.newest.capturedAt;
    this.newest = { number, capturedAt };
    try {
      if (!repeated) await this.handler?.(frame);
    } catch (error) {
      this.listeners.error.emit(toErrorRecord(error));
    }
    if (this.socket === socket) this.say({ type: 'ack', frame: message.number });
  }

  private say(message: ClientMessage): void {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Decides between another attempt and the end. */
  private async lost(code: number, reason: string, opened: boolean): Promise<void> {
    this.detach();
    // A browser does not tell why an upgrade was refused; the HTTP interface gives the reason.
    const refusal = opened ? undefined : await whyRefused(this.address, this.options.token, this.silence);
    if (this.connection.state === 'closed' || this.socket) return;
    const record = refusal ??
      this.lastError ?? {
        code: 'CONNECTION_FAILED',
        message: reason || `the connection was lost (close code ${code})`,
        retryable: true,
      };
    if (FINAL_CLOSE_CODES.includes(code) || (refusal && !refusal.retryable)) this.finish(record);
    else this.wait(record);
  }

  private wait(reason: ErrorRecord): void {
    const delay = this.backoff.next();
    this.retryTimer = setTimeout(() => this.open(), delay);
    this.become({ state: 'waiting', retryAt: epochMs(Date.now() + delay), reason });
  }

  private finish(reason: ErrorRecord | undefined): void {
    if (this.connection.state === 'closed') return;
    clearTimeout(this.retryTimer);
    this.detach(1000);
    onlineEvents()?.removeEventListener('online', this.retryNow);
    this.become({ state: 'closed', reason });
    this.ends.emit();
  }

  /** Lets go of the socket: none of its later events count. */
  private detach(code?: number): void {
    const socket = this.socket;
    this.socket = undefined;
    clearInterval(this.silenceTimer);
    socket?.close(code);
  }

  private become(state: ConnectionState): void {
    this.connection = state;
    this.listeners.connection.emit(state);
  }
}
