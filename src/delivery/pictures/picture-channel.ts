import type { Clock } from '../../core/clock.js';
import type { SegmentedFrame } from '../../core/ports.js';
import type { StreamState } from '../../core/stream.js';
import { type Milliseconds, ms } from '../../core/time.js';
import type { StreamFeed } from '../services.js';

/** While a stream is not live its stand-in is repeated, so that no proxy takes the connection for dead. */
const OFFLINE_REPEAT = ms(5000);
/** A client that takes nothing for so long is let go. */
const STUCK_AFTER = ms(30_000);

/** One reader of pictures. */
export interface PictureClient {
  /** Whether the last picture has left for the network. */
  readonly ready: boolean;
  send(jpeg: Buffer): void;
  end(): void;
  onClose(listener: () => void): void;
}

export interface PictureChannelParts {
  readonly feed: StreamFeed;
  readonly clock: Clock;
  /** Most pictures a second. */
  readonly fps: number;
  readonly draw: (frame: SegmentedFrame) => Promise<Buffer>;
  readonly drawOffline: (state: StreamState) => Promise<Buffer>;
  readonly onDrop: () => void;
  readonly onEmpty: () => void;
}

/**
 * The readers of one stream in one style and rate.
 *
 * In: the stream's frames and states. Out: one picture at a time to every reader that is ready. Always holds: at most one
 * picture is being drawn and one frame, the newest, waits; a reader that is not ready misses pictures and holds up nobody;
 * exists, and listens to the stream, only while it has readers.
 */
export class PictureChannel {
  private readonly clients = new Map<PictureClient, { readySince: Milliseconds }>();
  private readonly endings: (() => void)[];
  private pending: SegmentedFrame | 'stand-in' | undefined;
  private drawing = false;
  private dueAt = ms(0);
  private cancelWait: () => void = () => {};
  private shown: Buffer | undefined;
  private ended = false;

  constructor(private readonly parts: PictureChannelParts) {
    const { feed } = parts;
    this.endings = [
      feed.onStatus(() => this.showState()),
      feed.onRemoved(() => this.close()),
      feed.subscribe((frame) => this.offer(frame)),
    ];
    if (feed.status.state === 'live' && feed.latest) this.offer(feed.latest);
    else this.showState();
  }

  get stream(): string {
    return this.parts.feed.id;
  }

  get viewers(): number {
    return this.clients.size;
  }

  join(client: PictureClient): void {
    this.clients.set(client, { readySince: this.parts.clock.now() });
    client.onClose(() => this.leave(client));
    if (this.shown) client.send(this.shown);
  }

  close(): void {
    for (const client of [...this.clients.keys()]) {
      client.end();
      this.leave(client);
    }
  }

  private leave(client: PictureClient): void {
    this.clients.delete(client);
    if (this.clients.size > 0 || this.ended) return;
    this.ended = true;
    this.cancelWait();
    for (const end of this.endings) end();
    this.parts.onEmpty();
  }

  private offer(frame: SegmentedFrame): void {
    this.pending = frame;
    this.pump();
  }

  /** Draws what waits once the last is drawn and, for a frame, its time has come. */
  private pump(): void {
    const { clock, fps, draw, drawOffline, feed } = this.parts;
    const next = this.pending;
    if (!next || this.drawing || this.ended) return;
    if (next === 'stand-in') {
      this.pending = undefined;
      this.show(drawOffline(feed.status.state));
      return;
    }
    this.cancelWait();
    const wait = ms(this.dueAt - clock.now());
    if (wait > 0) {
      this.cancelWait = clock.after(wait, () => this.pump());
      return;
    }
    this.pending = undefined;
    this.dueAt = ms(clock.now() + 1000 / fps);
    this.show(draw(next));
  }

  /** A stream that is not live shows so, at once and then every few seconds. */
  private showState(): void {
    if (this.parts.feed.status.state === 'live' || this.ended) return;
    this.cancelWait();
    this.cancelWait = this.parts.clock.after(OFFLINE_REPEAT, () => this.showState());
    this.pending = 'stand-in';
    this.pump();
  }

  private show(picture: Promise<Buffer>): void {
    this.drawing = true;
    picture
      .then(
        (jpeg) => this.sendAll(jpeg),
        () => this.parts.onDrop(), // an unreadable picture; the next frame brings another
      )
      .finally(() => {
        this.drawing = false;
        this.pump();
      });
  }

  private sendAll(jpeg: Buffer): void {
    this.shown = jpeg;
    const now = this.parts.clock.now();
    for (const [client, { readySince }] of [...this.clients]) {
      if (client.ready) {
        this.clients.set(client, { readySince: now });
        client.send(jpeg);
      } else if (now - readySince > STUCK_AFTER) {
        client.end();
        this.leave(client);
      } else {
        this.parts.onDrop();
      }
    }
  }
}
