import type { Clock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import type { SegmentedFrame } from '../../core/ports.js';
import type { StreamState } from '../../core/stream.js';
import { ms } from '../../core/time.js';
import type { StreamFeed, StreamService } from '../services.js';
import { drawOffline } from './offline-picture.js';
import { drawnClasses, type OverlayStyle } from './overlay.js';
import { Painter } from './painter.js';
import { PictureChannel, type PictureClient } from './picture-channel.js';

/** How long a snapshot of a stream that has to wake up may take. */
const SNAPSHOT_WAIT = ms(10_000);

export interface PicturesParts {
  readonly streams: Pick<StreamService, 'feed'>;
  readonly clock: Clock;
  readonly onDrop: (stream: string) => void;
}

/**
 * Pictures with the overlay drawn in, for `<img>` and home automation.
 *
 * In: the streams' frames. Out: JPEGs to whoever asked. Always holds: a frame is drawn at most once a style however many
 * watch; nothing is drawn when nobody does.
 */
export class Pictures {
  private readonly channels = new Map<string, PictureChannel>();
  private readonly painter = new Painter();
  private readonly drawings = new WeakMap<SegmentedFrame, Map<string, Promise<Buffer>>>();

  constructor(private readonly parts: PicturesParts) {}

  /** The newest picture of a live stream; wakes one that idles. @throws MaskcastError NOT_FOUND, UNAVAILABLE, BAD_REQUEST */
  async snapshot(stream: string, style: OverlayStyle, signal: AbortSignal): Promise<SnapshotPicture> {
    const feed = this.parts.streams.feed(stream);
    drawnClasses(feed.model.classes, style.classes);
    const frame = (feed.status.state === 'live' ? feed.latest : undefined) ?? (await this.nextFrame(feed, signal));
    return { frame, jpeg: await this.draw(feed, frame, style) };
  }

  /**
   * Sends pictures to `client` until it is closed or the stream is removed.
   * @throws MaskcastError NOT_FOUND, BAD_REQUEST
   */
  watch(stream: string, style: OverlayStyle, fps: number, client: PictureClient): void {
    const feed = this.parts.streams.feed(stream);
    drawnClasses(feed.model.classes, style.classes);
    const key = `${stream} ${fps} ${styleKey(style)}`;
    let channel = this.channels.get(key);
    if (!channel) {
      channel = new PictureChannel({
        feed,
        clock: this.parts.clock,
        fps,
        draw: (frame) => this.draw(feed, frame, style),
        drawOffline: (state: StreamState) => drawOffline(state, feed.latest),
        onDrop: () => this.parts.onDrop(stream),
        onEmpty: () => this.channels.delete(key),
      });
      this.channels.set(key, channel);
    }
    channel.join(client);
  }

  viewers(stream: string): number {
    let count = 0;
    for (const channel of this.channels.values()) if (channel.stream === stream) count += channel.viewers;
    return count;
  }

  /** Ends all streams of pictures. Idempotent. */
  async close(): Promise<void> {
    for (const channel of [...this.channels.values()]) channel.close();
    await this.painter.close();
  }

  private draw(feed: StreamFeed, frame: SegmentedFrame, style: OverlayStyle): Promise<Buffer> {
    let styles = this.drawings.get(frame);
    if (!styles) {
      styles = new Map();
      this.drawings.set(frame, styles);
    }
    const key = styleKey(style);
    let drawing = styles.get(key);
    if (!drawing) {
      drawing = this.painter.draw(frame, feed.model, style);
      styles.set(key, drawing);
    }
    return drawing;
  }

  private nextFrame(feed: StreamFeed, signal: AbortSignal): Promise<SegmentedFrame> {
    const { clock } = this.parts;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        finish();
        const reason = feed.status.reason ? `: ${feed.status.reason.message}` : '';
        const text = `stream "${feed.id}" is ${feed.status.state}${reason}; ${why}`;
        reject(new MaskcastError('UNAVAILABLE', text, { retryable: true }));
      };
      const endings = [
        feed.subscribe((frame) => {
          finish();
          resolve(frame);
        }),
        feed.onStatus(() => {
          if (isOver(feed)) fail('it has no picture');
        }),
        feed.onRemoved(() => fail('it was removed')),
        clock.after(SNAPSHOT_WAIT, () => fail(`no picture came within ${SNAPSHOT_WAIT / 1000} s`)),
        onAbort(signal, () => fail('the client left')),
      ];
      const finish = () => {
        for (const end of endings) end();
      };
      if (isOver(feed)) fail('it has no picture');
    });
  }
}

export interface SnapshotPicture {
  readonly frame: SegmentedFrame;
  readonly jpeg: Buffer;
}

/** Nobody but a person brings the stream back. */
const isOver = (feed: StreamFeed): boolean => feed.status.state === 'stopped' || feed.status.state === 'failed';

const styleKey = ({ opacity, outline, classes }: OverlayStyle): string => JSON.stringify([opacity, outline, classes]);

function onAbort(signal: AbortSignal, action: () => void): () => void {
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}
