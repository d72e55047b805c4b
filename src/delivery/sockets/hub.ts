import type { Clock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import { formatPolicy } from '../../core/policy.js';
import type { SegmentedFrame } from '../../core/ports.js';
import type { StreamStatistics } from '../../core/stream.js';
import { ms } from '../../core/time.js';
import { SlidingWindow } from '../../telemetry/window.js';
import type { StreamFeed, StreamService } from '../services.js';
import { PackedFrame } from '../wire/pack.js';
import { CLOSE_CODES, type HelloMessage, PROTOCOL_VERSION, type StatisticsMessage } from '../wire/protocol.js';
import { ViewerSession, type ViewerSocket } from './viewer-session.js';

const STATISTICS_INTERVAL = ms(1000);

/** Gets what delivery measures; the metrics registry implements it. */
export interface DeliveryObserver {
  onStage(stream: string, stage: 'pack', duration: number): void;
  onDrop(stream: string, cause: 'viewer-slow', count: number): void;
  onSent(stream: string, bytes: number): void;
}

export interface HubParts {
  readonly streams: Pick<StreamService, 'feed'>;
  /** Viewers of a stream of all kinds, for statistics. */
  readonly viewers: (stream: string) => number;
  readonly clock: Clock;
  readonly observer: DeliveryObserver;
}

/**
 * All socket viewers of all streams.
 *
 * In: sockets that have passed the checks; the streams' frames. Out: messages to each viewer. Always holds: a stream's frames
 * are listened to only while one of its viewers wants frames; a stream without viewers costs nothing here.
 */
export class Hub {
  private readonly channels = new Map<string, Channel>();
  private closed = false;

  constructor(private readonly parts: HubParts) {}

  /** @throws MaskcastError NOT_FOUND, CLOSED */
  join(stream: string, socket: ViewerSocket, mayControl: boolean): void {
    if (this.closed) throw new MaskcastError('CLOSED', 'the server is stopping', { retryable: true });
    let channel = this.channels.get(stream);
    if (!channel) {
      channel = new Channel(this.parts, this.parts.streams.feed(stream), () => this.channels.delete(stream));
      this.channels.set(stream, channel);
    }
    channel.join(socket, mayControl);
  }

  viewers(stream: string): number {
    return this.channels.get(stream)?.viewers ?? 0;
  }

  /** Says good-bye to all. Idempotent. */
  close(): void {
    this.closed = true;
    for (const channel of [...this.channels.values()]) channel.close(CLOSE_CODES.goingAway, 'the server stops');
  }
}

/** The viewers of one stream; exists while there are any. */
class Channel {
  private readonly sessions = new Set<ViewerSession>();
  private readonly packTimes: SlidingWindow;
  private readonly endings: (() => void)[];
  private unsubscribe: (() => void) | undefined;
  private endInspection: (() => void) | undefined;
  private newest: PackedFrame | undefined;
  private drops = 0;
  private cancelBeat: () => void = () => {};

  constructor(
    private readonly parts: HubParts,
    private readonly feed: StreamFeed,
    private readonly onEmpty: () => void,
  ) {
    this.packTimes = new SlidingWindow(parts.clock);
    this.endings = [
      feed.onStatus((status) => this.tellAll({ type: 'state', status, now: parts.clock.wall() })),
      feed.onChange(() => {
        for (const session of this.sessions) session.say(this.hello(session.mayControl));
      }),
      feed.onRemoved(() => this.remove()),
    ];
    this.beat();
  }

  get viewers(): number {
    return this.sessions.size;
  }

  join(socket: ViewerSocket, mayControl: boolean): void {
    const { clock, observer } = this.parts;
    const session: ViewerSession = new ViewerSession({
      socket,
      clock,
      mayControl,
      newest: () => this.current(),
      onInterest: () => this.reconsider(),
      onSent: (bytes) => observer.onSent(this.feed.id, bytes),
      onDrop: () => {
        this.drops += 1;
        observer.onDrop(this.feed.id, 'viewer-slow', 1);
      },
      onEnd: () => this.leave(session),
    });
    this.sessions.add(session);
    session.say(this.hello(mayControl));
    session.say({ type: 'state', status: this.feed.status, now: clock.wall() });
    const current = this.current();
    if (current) session.offer(current);
    this.reconsider();
  }

  close(code: number, reason: string): void {
    for (const session of [...this.sessions]) session.close(code, reason);
  }

  private leave(session: ViewerSession): void {
    this.sessions.delete(session);
    this.reconsider();
    if (this.sessions.size > 0) return;
    this.cancelBeat();
    for (const end of this.endings) end();
    this.onEmpty();
  }

  private remove(): void {
    const error = new MaskcastError('NOT_FOUND', `stream "${this.feed.id}" was removed`);
    for (const session of [...this.sessions]) session.fail(error, CLOSE_CODES.removed);
  }

  /** Listens to the stream exactly while somebody wants its frames, and has it inspected exactly while somebody looks. */
  private reconsider(): void {
    const wanted = [...this.sessions].some((session) => session.wantsFrames);
    if (wanted && !this.unsubscribe) {
      this.unsubscribe = this.feed.subscribe((frame) => {
        const packed = this.prepare(frame);
        for (const session of this.sessions) session.offer(packed);
      });
    } else if (!wanted && this.unsubscribe) {
      this.unsubscribe();
      this.unsubscribe = undefined;
    }
    const inspected = [...this.sessions].some((session) => session.wantsInspection);
    if (inspected) this.endInspection ??= this.feed.inspect();
    else {
      this.endInspection?.();
      this.endInspection = undefined;
    }
  }

  private current(): PackedFrame | undefined {
    const { latest } = this.feed;
    if (latest && latest !== this.newest?.frame) this.prepare(latest);
    return this.newest;
  }

  private prepare(frame: SegmentedFrame): PackedFrame {
    this.newest = new PackedFrame(frame, this.feed.revision, (took) => {
      this.packTimes.add(took);
      this.parts.observer.onStage(this.feed.id, 'pack', took);
    });
    return this.newest;
  }

  private tellAll(message: Parameters<ViewerSession['say']>[0]): void {
    for (const session of this.sessions) session.say(message);
  }

  private beat(): void {
    this.cancelBeat = this.parts.clock.after(STATISTICS_INTERVAL, () => {
      let statistics: StreamStatistics | undefined;
      for (const session of [...this.sessions]) {
        session.beat((): StatisticsMessage => {
          statistics ??= this.statistics();
          return { type: 'statistics', statistics, viewerDrops: session.drops, now: this.parts.clock.wall() };
        });
      }
      if (this.sessions.size > 0) this.beat();
    });
  }

  /** The stream's own, completed with what only delivery knows. */
  private statistics(): StreamStatistics {
    const statistics = this.feed.statistics();
    const pack = { p50: this.packTimes.percentile(0.5), p95: this.packTimes.percentile(0.95) };
    return {
      ...statistics,
      viewers: this.parts.viewers(this.feed.id),
      drops: { ...statistics.drops, 'viewer-slow': this.drops },
      stages: { ...statistics.stages, pack },
    };
  }

  private hello(mayControl: boolean): HelloMessage {
    const { id, name, model, settings, revision } = this.feed;
    return {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      revision,
      stream: { id, name },
      model: { name: model.name, licence: model.licence, classes: model.classes },
      settings: {
        policy: formatPolicy(settings.policy),
        smoothing: settings.smoothing,
        onDemand: settings.onDemand,
        classes: settings.classes,
      },
      mayControl,
    };
  }
}
