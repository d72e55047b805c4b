import { fileURLToPath } from 'node:url';
import { MaskcastError } from '../../src/core/errors.js';
import { formatPolicy } from '../../src/core/policy.js';
import type { StreamStatistics, StreamStatus } from '../../src/core/stream.js';
import { epochMs, ms } from '../../src/core/time.js';
import type { DeliveryConfig } from '../../src/delivery/config.js';
import type { SourceInput, StreamInput, StreamView } from '../../src/delivery/http/api-schema.js';
import { createDeliveryServer, type DeliveryServer } from '../../src/delivery/server.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { LOCAL } from './delivery.js';
import type { FakeJobs } from './fakes/fake-jobs.js';
import { FakeFeed, FakeStreams } from './fakes/fake-streams.js';
import type { Scene } from './media/demo-scene.js';

/**
 * The real page, HTTP interface and sockets over streams that a test scripts: what frames come and how often, and in which
 * state a stream is.
 */
export class DemoFeed extends FakeFeed {
  private timer: ReturnType<typeof setInterval> | undefined;
  private number = 0;
  readonly fps: number;

  constructor(
    id: string,
    private readonly scene: Scene,
    options: { readonly name?: string; readonly fps?: number } = {},
  ) {
    super(id);
    this.name = options.name ?? id;
    this.fps = options.fps ?? 20;
    this.model = scene.model;
    this.run();
  }

  /** Frames come. */
  run(): void {
    this.freeze();
    let busy = false;
    const tick = async () => {
      if (busy) return;
      busy = true;
      const frame = await this.scene.frame(this.number++);
      busy = false;
      if (this.timer === undefined) return;
      this.status = { ...this.status, lastFrameAt: frame.capturedAt };
      this.emit(frame);
    };
    this.timer = setInterval(() => void tick(), 1000 / this.fps);
  }

  /** No more frames come, and nobody says so. */
  freeze(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Frames stop or go on as the state says. */
  enter(state: StreamStatus['state'], reason?: StreamStatus['reason'], retryInMs?: number): void {
    if (state === 'live') this.run();
    else this.freeze();
    const retryAt = retryInMs === undefined ? undefined : epochMs(Date.now() + retryInMs);
    this.status = { ...this.status, retryAt };
    this.setState(state, reason);
  }

  override statistics(): StreamStatistics {
    const live = this.timer !== undefined;
    const span = (p50: number, p95: number) => ({ p50: ms(p50), p95: ms(p95) });
    return {
      ...super.statistics(),
      sourceFps: live ? this.fps : 0,
      inferredFps: live ? this.fps / 3 : 0,
      shownFps: live ? this.fps : 0,
      drops: { 'pipeline-busy': 0, 'inference-busy': 41, 'inference-failed': 0, 'viewer-slow': 3, corrupt: 0 },
      stages: { observe: span(2.1, 3.4), infer: span(84.2, 121.9), apply: span(4.6, 7.7), pack: span(1.2, 2.3) },
      inFlight: live ? 1 : 0,
    };
  }
}

export class DemoStreams extends FakeStreams {
  /** Bodies of the requests that came, oldest first. */
  readonly probed: SourceInput[] = [];

  constructor(
    feeds: readonly DemoFeed[],
    private readonly scene: Scene,
  ) {
    super([]);
    for (const feed of feeds) this.feeds.set(feed.id, feed);
  }

  demo(id: string): DemoFeed {
    return this.feed(id) as DemoFeed;
  }

  override async add(input: StreamInput): Promise<StreamView> {
    const view = await super.add(input);
    const feed = new DemoFeed(view.id, this.scene, { name: input.name });
    this.feeds.set(view.id, feed);
    return this.get(view.id);
  }

  override async change(id: string, change: Parameters<FakeStreams['change']>[1]): Promise<StreamView> {
    await super.change(id, change);
    if (change.enabled === true) this.demo(id).enter('live');
    if (change.enabled === false) this.demo(id).enter('stopped');
    return this.get(id);
  }

  override async probe(source: SourceInput, signal: AbortSignal) {
    this.probed.push(source);
    if (source.url.includes('locked') && source.password !== 'let me in') {
      throw new MaskcastError('AUTH_FAILED', 'the camera refused user and password (401 Unauthorized)');
    }
    return super.probe(source, signal);
  }

  stop(): void {
    for (const feed of this.feeds.values()) (feed as DemoFeed).freeze();
  }
}

export interface DemoServer {
  readonly url: string;
  readonly streams: DemoStreams;
  /** Closes the server and opens it again on the same port after `downMs`. */
  restart(downMs: number): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const PUBLIC = fileURLToPath(new URL('../../public', import.meta.url));

export async function startDemo(
  streams: DemoStreams,
  config: Partial<DeliveryConfig> = {},
  jobs?: FakeJobs,
): Promise<DemoServer> {
  let port = config.port ?? 0;
  let server: DeliveryServer;
  const start = async () => {
    server = createDeliveryServer({
      config: { ...LOCAL, ...config, port },
      publicDir: PUBLIC,
      logger: silentLogger,
      streams,
      operations: jobs?.operations() ?? [],
      sockets: jobs?.sockets() ?? [],
    });
    ({ port } = await server.listen());
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    streams,
    start,
    stop: () => server.close(),
    async restart(downMs) {
      await server.close();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      await start();
    },
    async close() {
      streams.stop();
      await server.close();
    },
  };
}

/** The policy that a stream runs with, as text. */
export const policyOf = (streams: DemoStreams, id: string): string => formatPolicy(streams.feed(id).settings.policy);
