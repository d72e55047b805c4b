import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { MaskOrigin } from '../../core/mask.js';
import type { StreamStatus } from '../../core/stream.js';
import { ms } from '../../core/time.js';
import {
  type Connection,
  type ConnectionState,
  connect,
  type HelloMessage,
  type ReceivedFrame,
  type StatisticsMessage,
} from '../../delivery/wire/client.js';
import { ClockOffset } from '../lib/clock-offset.js';
import { LastMask } from '../lib/last-mask.js';
import { RollingWindow } from '../lib/rolling.js';
import { classShares, ShareHistory } from '../lib/shares.js';
import { type LinkState, type ViewState, viewState } from '../lib/view-state.js';
import { base } from '../transport/api.js';
import { type DecodedFrame, decodePicture } from '../transport/decode.js';
import { now } from './clock.js';
import { reportPaint } from './debug.js';
import { inNextFrame } from './paint-loop.js';
import { signedOut } from './session.js';

/** What a stream paints on; see `render/screen.ts`. */
export interface Canvas {
  readonly pictureWidth: number;
  show(frame: DecodedFrame): void;
  forgetFrame(): void;
}

/** What is known of the newest painted frame; renewed a few times a second, not with every frame. */
export interface Painted {
  readonly number: number;
  readonly origin: MaskOrigin;
  /** Frames since the network last saw the stream. */
  readonly age: number;
  /** When the picture was captured, on this machine's clock. */
  readonly capturedAt: number;
  readonly at: number;
  readonly picture: { readonly width: number; readonly height: number };
  readonly mask: { readonly width: number; readonly height: number };
  readonly hasConfidence: boolean;
  readonly shares: Float64Array;
  /** Paints a second in this page. */
  readonly fps: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly bytesPerSecond: number;
}

const REPORT_MS = 250;
const MEASURE_MS = 5_000;
/** The server speaks once a second; the veil is there after 4 s already. */
const GIVE_UP_MS = 8_000;
const HISTORY = { windowMs: 1_000, capacity: 900 } as const;

/**
 * One stream of the server as this page watches it.
 *
 * In: the connection's events, what the page shows of it, what the person wants. Out: frames on screens, and signals.
 * Always: a frame is painted whole, inside one animation frame, and acknowledged after that; superseded pictures are
 * closed; while nobody sees the stream, no frames come.
 */
export class LiveStream {
  readonly id: string;
  readonly hello: Signal<HelloMessage | undefined> = signal(undefined);
  readonly status: Signal<StreamStatus | undefined> = signal(undefined);
  readonly statistics: Signal<StatisticsMessage | undefined> = signal(undefined);
  readonly painted: Signal<Painted | undefined> = signal(undefined);
  readonly paused: Signal<boolean> = signal(false);
  /** Frames that could not be decoded or painted here. */
  readonly broken: Signal<number> = signal(0);
  /** Moves when `history` has a new row. */
  readonly historyVersion: Signal<number> = signal(0);
  readonly history = new ShareHistory(HISTORY);
  readonly clock = new ClockOffset();
  readonly view: ReadonlySignal<ViewState>;

  readonly #link: Signal<LinkState> = signal<LinkState>({ kind: 'connecting' });
  readonly #lastMessageAt: Signal<number | undefined> = signal(undefined);
  readonly #expectingSince: Signal<number> = signal(Date.now());
  readonly #paintedAt: Signal<number | undefined> = signal(undefined);
  readonly #latencies = new RollingWindow(MEASURE_MS);
  readonly #traffic = new RollingWindow(MEASURE_MS);
  readonly #canvases = new Set<Canvas>();
  readonly #lastMask = new LastMask();
  #inspected = false;
  readonly #minInterval: () => number;
  #connection: Connection | undefined;
  #current: DecodedFrame | undefined;
  #hidden = document.hidden;
  #suspended = false;
  #lastLatency: number | undefined;
  #reportedAt = 0;
  /** Settles the frame that waits for its animation frame, unpainted. */
  #skip: (() => void) | undefined;

  /** @param minInterval least time between two paints in ms, asked anew for every frame */
  constructor(id: string, minInterval: () => number) {
    this.id = id;
    this.#minInterval = minInterval;
    this.view = computed(() => this.#viewState());
    document.addEventListener('visibilitychange', this.#onVisibility);
    window.addEventListener('offline', this.#onNetwork);
    window.addEventListener('online', this.#onNetwork);
    this.#connect();
    this.#applySuspension();
  }

  /** The frame on screen, for reading labels under a pointer and for snapshots. */
  get current(): DecodedFrame | undefined {
    return this.#current;
  }

  get connected(): boolean {
    return this.#link.value.kind === 'open';
  }

  /** Paints on `canvas` from now on, until the returned function is called. */
  attach(canvas: Canvas): () => void {
    this.#canvases.add(canvas);
    if (this.#current) canvas.show(this.#current);
    this.#applySuspension();
    return () => {
      this.#canvases.delete(canvas);
      canvas.forgetFrame();
      this.#applySuspension();
    };
  }

  /** Whether frames come with an inspection; the server works for it. */
  inspect(on: boolean): void {
    this.#inspected = on;
    this.#connection?.inspect(on);
  }

  togglePause(): void {
    this.paused.value = !this.paused.value;
    this.#applySuspension();
  }

  /** Tries again at once, also after an end that only a person could lift. */
  retry(): void {
    const connection = this.#connection;
    if (connection?.status.state === 'waiting') connection.retryNow();
    else if (connection?.status.state === 'closed') this.#connect();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#onVisibility);
    window.removeEventListener('offline', this.#onNetwork);
    window.removeEventListener('online', this.#onNetwork);
    this.#connection?.close();
    this.#skip?.();
    this.#current?.close();
    this.#current = undefined;
  }

  #connect(): void {
    const connection = connect({ url: base(), stream: this.id, silence: ms(GIVE_UP_MS) });
    this.#connection = connection;
    if (this.#suspended) connection.pause();
    if (this.#inspected) connection.inspect(true);
    connection.on('connection', (state) => this.#onConnection(state));
    connection.on('hello', (hello) => {
      this.#heard();
      this.hello.value = hello;
    });
    connection.on('state', ({ status, now: serverNow }) => {
      this.#heard();
      this.clock.observe(serverNow, Date.now());
      if (status.state === 'live' && this.status.value?.state !== 'live') this.#expect();
      this.status.value = status;
    });
    connection.on('statistics', (message) => {
      this.#heard();
      this.clock.observe(message.now, Date.now());
      this.statistics.value = message;
    });
    connection.onFrame(async (frame) => {
      try {
        await this.#onFrame(frame);
      } catch (error) {
        // A frame that cannot be shown is one frame less; were it all of them, the veil would say so.
        this.broken.value += 1;
        console.warn(`frame ${frame.number} of ${this.id} could not be shown`, error);
      }
    });
    this.#onConnection(connection.status);
  }

  #onConnection(state: ConnectionState): void {
    if (state.state === 'open') {
      this.clock.reset();
      this.#expect();
      this.#heard();
      this.#link.value = { kind: 'open' };
    } else if (state.state === 'connecting') {
      this.#link.value = { kind: 'connecting' };
    } else if (state.reason) {
      if (state.reason.code === 'UNAUTHENTICATED') signedOut();
      this.#link.value = {
        kind: 'waiting',
        reason: state.reason,
        retryAt: state.state === 'waiting' ? state.retryAt : undefined,
      };
    } else {
      this.#link.value = { kind: 'closed' };
    }
    if (state.state !== 'open') {
      this.#latencies.clear();
      this.#skip?.();
    }
    this.#onNetwork();
  }

  readonly #onNetwork = (): void => {
    // A server on this very machine goes on without a network: only a link that is down is put down to it.
    const link = this.#link.value;
    if (!navigator.onLine && link.kind !== 'open') this.#link.value = { kind: 'no-network' };
    else if (navigator.onLine && link.kind === 'no-network') {
      this.#link.value = { kind: 'connecting' };
      this.retry();
    }
  };

  readonly #onVisibility = (): void => {
    this.#hidden = document.hidden;
    this.#applySuspension();
    if (!this.#hidden) this.#connection?.retryNow();
  };

  #applySuspension(): void {
    const suspended = this.#hidden || this.paused.value || this.#canvases.size === 0;
    if (suspended === this.#suspended) return;
    this.#suspended = suspended;
    if (suspended) {
      this.#connection?.pause();
      this.#skip?.();
    } else {
      this.#expect();
      this.#connection?.resume();
    }
  }

  /** Settles when the frame is painted or not wanted any more; the connection then acknowledges it. */
  async #onFrame(received: ReceivedFrame): Promise<void> {
    this.#heard();
    if (this.#suspended) return;
    const width = Math.max(0, ...[...this.#canvases].map((canvas) => canvas.pictureWidth));
    const decoded = await decodePicture(received, received.planes(), width);
    const frame = { ...decoded, held: this.#lastMask.next(received, decoded.planes) };
    if (this.#suspended) {
      frame.close();
      return;
    }
    let painted = false;
    try {
      painted = await this.#painted(frame, received);
    } finally {
      if (!painted) frame.close();
    }
    if (painted) await this.#pace();
  }

  /** Waits for the next animation frame; false where the frame was skipped. */
  #painted(frame: DecodedFrame, received: ReceivedFrame): Promise<boolean> {
    return new Promise<boolean>((settle, fail) => {
      let wanted = true;
      this.#skip = () => {
        wanted = false;
        settle(false);
      };
      inNextFrame(() => {
        if (!wanted) return;
        try {
          this.#paint(frame, received);
          settle(true);
        } catch (error) {
          fail(error as Error);
        }
      });
    }).finally(() => {
      this.#skip = undefined;
    });
  }

  #paint(frame: DecodedFrame, received: ReceivedFrame): void {
    for (const canvas of this.#canvases) canvas.show(frame);
    this.#current?.close();
    this.#current = frame;
    const at = performance.timeOrigin + performance.now();
    const latency = at + this.clock.value - frame.message.capturedAt;
    this.#latencies.add(at, latency);
    this.#traffic.add(at, received.bytes);
    const { number } = frame.message;
    reportPaint({ stream: this.id, number, latency });
    const shares = classShares(frame.planes.labels, received.hello.model.classes.length);
    if (this.history.add(at, shares)) this.historyVersion.value += 1;
    if (at - this.#reportedAt >= REPORT_MS) this.#report(frame, at, latency, shares);
  }

  #report(frame: DecodedFrame, at: number, latency: number, shares: Float64Array): void {
    this.#reportedAt = at;
    this.#paintedAt.value = at;
    this.#lastLatency = latency;
    const { message } = frame;
    const [p50, p95] = this.#latencies.percentiles(at, 50, 95);
    const fps = this.#latencies.rate(at);
    this.painted.value = {
      number: message.number,
      origin: message.origin,
      age: message.age,
      capturedAt: message.capturedAt - this.clock.value,
      at,
      picture: message.picture,
      mask: message.maskSize,
      hasConfidence: message.hasConfidence,
      shares,
      fps,
      p50,
      p95,
      bytesPerSecond: this.#traffic.mean(at) * fps,
    };
  }

  #pace(): Promise<void> | undefined {
    const interval = this.#minInterval();
    const wait = interval - 8 - (performance.timeOrigin + performance.now() - (this.#latencies.newest ?? 0));
    return interval > 0 && wait > 0 ? new Promise((resolve) => setTimeout(resolve, wait)) : undefined;
  }

  #heard(): void {
    // Signals wake everything that reads them: once a while is enough for "how long ago".
    const at = Date.now();
    if (at - (this.#lastMessageAt.peek() ?? 0) > REPORT_MS) this.#lastMessageAt.value = at;
  }

  #expect(): void {
    this.#expectingSince.value = Date.now();
  }

  #viewState(): ViewState {
    const at = now.value;
    const fps = this.painted.value?.fps ?? 0;
    return viewState(
      {
        link: this.#link.value,
        lastMessageAt: this.#lastMessageAt.value,
        clockOffset: this.clock.value,
        status: this.status.value,
        paintedAt: this.#paintedAt.value,
        expectingSince: this.#expectingSince.value,
        frameInterval: fps > 0 ? 1000 / fps : 0,
        latency: this.#lastLatency,
        paused: this.paused.value,
      },
      at,
    );
  }
}
