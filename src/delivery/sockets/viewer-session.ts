import type { WebSocket } from 'ws';
import type { Clock } from '../../core/clock.js';
import { MaskcastError, toErrorRecord } from '../../core/errors.js';
import { type Milliseconds, ms } from '../../core/time.js';
import type { PackedFrame } from '../wire/pack.js';
import {
  CLIENT_MESSAGE_BYTES,
  CLOSE_CODES,
  ProtocolError,
  parseClientMessage,
  type ServerMessage,
} from '../wire/protocol.js';
import { AckWindow } from './ack-window.js';
import { MessageBudget } from './message-budget.js';

/** Bytes in the socket's own buffer above which no further frame is sent. */
const BUFFER_FULL = 1024 * 1024;
/** Bytes above which the viewer is given up: text messages alone never get there while it reads at all. */
const BUFFER_LIMIT = 32 * 1024 * 1024;
/** Silence after which a viewer counts as gone. It answers one ping a second while it lives. */
const GONE_AFTER = ms(30_000);

/** Time for a client that says too much to read why, before its connection is cut. */
const FLOOD_FAREWELL = ms(250);

/** What a session needs of `ws`. */
export type ViewerSocket = Pick<
  WebSocket,
  'readyState' | 'bufferedAmount' | 'send' | 'close' | 'terminate' | 'ping' | 'on' | 'OPEN'
>;

export interface ViewerSessionParts {
  readonly socket: ViewerSocket;
  readonly clock: Clock;
  readonly mayControl: boolean;
  /** The frame to begin with after `resume`. */
  readonly newest: () => PackedFrame | undefined;
  /** Frames or inspections are wanted, or not: by `pause`, `resume`, `inspect` and the end. */
  readonly onInterest: () => void;
  readonly onSent: (bytes: number) => void;
  readonly onDrop: () => void;
  readonly onEnd: () => void;
}

interface SentFrame {
  readonly number: number;
  readonly sentAt: Milliseconds;
  /** Unacknowledged frames at that moment, this one included. */
  readonly underway: number;
}

/**
 * One viewer of one stream.
 *
 * In: frames and messages for it; its acknowledgements. Out: the messages in order; frames while the ack window has room.
 * Always holds: one frame at most waits here, the newest; a slow viewer costs that one frame and its window, and loses
 * frames alone; after `close` nothing is sent and nothing is held.
 */
export class ViewerSession {
  private readonly window = new AckWindow();
  private readonly budget: MessageBudget;
  private readonly inFlight: SentFrame[] = [];
  private pending: PackedFrame | undefined;
  /** Whether the window has held a frame back since the last acknowledgement. */
  private limited = false;
  private newestSent = -1;
  private revision: number | undefined;
  private paused = false;
  private inspecting = false;
  private ended = false;
  private heardAt: Milliseconds;
  private pingAnswered = true;
  private dropped = 0;

  constructor(private readonly parts: ViewerSessionParts) {
    const { socket, clock } = parts;
    this.heardAt = clock.now();
    this.budget = new MessageBudget(clock);
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => this.hear(data, isBinary));
    socket.on('ping', () => this.spend());
    socket.on('pong', () => {
      if (!this.spend()) return;
      this.heardAt = clock.now();
      this.pingAnswered = true;
    });
    socket.on('error', () => {}); // `close` follows; ws has told the peer why
    socket.on('close', () => this.end());
  }

  get mayControl(): boolean {
    return this.parts.mayControl;
  }

  /** Frames that a newer one replaced because this viewer was slow. */
  get drops(): number {
    return this.dropped;
  }

  get wantsFrames(): boolean {
    return !this.paused && !this.ended;
  }

  get wantsInspection(): boolean {
    return this.inspecting && this.wantsFrames;
  }

  /** A new frame of the stream: sent now, or kept as the newest until the viewer is ready. */
  offer(frame: PackedFrame): void {
    if (!this.wantsFrames || frame.number <= this.newestSent) return;
    if (this.pending) {
      this.dropped += 1;
      this.parts.onDrop();
    }
    this.pending = frame;
    this.pump();
  }

  say(message: ServerMessage): void {
    if (message.type === 'hello') this.revision = message.revision;
    this.sendText(JSON.stringify(message));
  }

  /**
   * A sign of life once a second, with `message` where the viewer has answered the last one: a viewer that reads slowly does
   * not pile up statistics.
   */
  beat(message: () => ServerMessage): void {
    if (this.ended) return;
    if (this.parts.clock.now() - this.heardAt > GONE_AFTER || this.parts.socket.bufferedAmount > BUFFER_LIMIT) {
      this.parts.socket.terminate();
      this.end();
      return;
    }
    if (this.pingAnswered && this.isOpen) {
      this.pingAnswered = false;
      this.say(message());
      this.parts.socket.ping();
    }
    this.pump();
  }

  /** Says why and closes. */
  fail(error: MaskcastError, code: number): void {
    this.say({ type: 'error', error: toErrorRecord(error) });
    this.close(code, error.code);
  }

  close(code: number, reason: string): void {
    this.parts.socket.close(code, reason);
    this.end();
  }

  private get isOpen(): boolean {
    return !this.ended && this.parts.socket.readyState === this.parts.socket.OPEN;
  }

  private sendText(text: string): void {
    if (this.isOpen) this.parts.socket.send(text);
  }

  private pump(): void {
    const { socket, clock, onSent } = this.parts;
    const frame = this.pending;
    if (!frame || !this.isOpen) return;
    if (this.inFlight.length >= this.window.size || socket.bufferedAmount > BUFFER_FULL) {
      this.limited = true;
      return;
    }
    this.pending = undefined;
    // A frame from before the last hello would be read with the wrong classes.
    if (frame.revision !== this.revision) return;
    const bytes = frame.bytes({ inspect: this.inspecting });
    this.inFlight.push({ number: frame.number, sentAt: clock.now(), underway: this.inFlight.length + 1 });
    this.newestSent = frame.number;
    this.budget.earn();
    socket.send(bytes);
    onSent(bytes.length);
  }

  private hear(data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean): void {
    if (this.ended || !this.spend()) return;
    this.heardAt = this.parts.clock.now();
    const bytes = data as Buffer; // ws's default binaryType
    if (isBinary) {
      this.fail(violation('a client sends JSON text messages only; received binary'), CLOSE_CODES.unsupportedData);
    } else if (bytes.length > CLIENT_MESSAGE_BYTES) {
      const text = `a client message has at most ${CLIENT_MESSAGE_BYTES} bytes; received ${bytes.length}`;
      this.fail(new MaskcastError('TOO_LARGE', text), CLOSE_CODES.tooLarge);
    } else {
      this.obey(bytes.toString('utf8'));
    }
  }

  /** @returns false where the client has said too much, and is cut off: it would not heed a good-bye */
  private spend(): boolean {
    if (this.budget.spend()) return true;
    if (!this.ended) {
      const text = 'a client sends one message a frame, and 10 others a second';
      this.fail(new MaskcastError('RATE_LIMITED', text), CLOSE_CODES.violation);
      this.parts.clock.after(FLOOD_FAREWELL, () => this.parts.socket.terminate());
    }
    return false;
  }

  private obey(text: string): void {
    try {
      const message = parseClientMessage(text);
      if (message.type === 'ack') this.acknowledge(message.frame);
      else if (message.type === 'inspect') this.setInspecting(message.on);
      else this.setPaused(message.type === 'pause');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(violation(error.message), CLOSE_CODES.violation);
    }
  }

  private acknowledge(frame: number): void {
    if (frame > this.newestSent) {
      throw new ProtocolError(`an ack names a frame that was sent, at most ${this.newestSent}; received ${frame}`);
    }
    for (let sent = this.inFlight[0]; sent && sent.number <= frame; sent = this.inFlight[0]) {
      this.inFlight.shift();
      const delay = ms(this.parts.clock.now() - sent.sentAt);
      this.window.acknowledged({ delay, underway: sent.underway, limited: this.limited });
      this.limited = false;
    }
    this.pump();
  }

  private setPaused(paused: boolean): void {
    if (this.paused === paused) return;
    this.paused = paused;
    if (paused) this.pending = undefined;
    this.parts.onInterest();
    const newest = paused ? undefined : this.parts.newest();
    if (newest) this.offer(newest);
  }

  private setInspecting(on: boolean): void {
    this.inspecting = on;
    this.parts.onInterest();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.pending = undefined;
    this.inFlight.length = 0;
    this.parts.onInterest();
    this.parts.onEnd();
  }
}

const violation = (message: string): MaskcastError => new MaskcastError('PROTOCOL_VIOLATION', message);
