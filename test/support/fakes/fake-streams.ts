import sharp from 'sharp';
import { type Clock, systemClock } from '../../../src/core/clock.js';
import { MaskcastError } from '../../../src/core/errors.js';
import type { ModelInfo } from '../../../src/core/model.js';
import { formatPolicy, parsePolicy } from '../../../src/core/policy.js';
import type { SegmentedFrame } from '../../../src/core/ports.js';
import {
  DROP_CAUSES,
  STAGES,
  type StreamSettings,
  type StreamStatistics,
  type StreamStatus,
} from '../../../src/core/stream.js';
import { ms } from '../../../src/core/time.js';
import type {
  ModelView,
  Role,
  SourceInfoView,
  SourceInput,
  StreamChange,
  StreamInput,
  StreamView,
} from '../../../src/delivery/http/api-schema.js';
import type { StreamFeed, StreamService } from '../../../src/delivery/services.js';
import { Listeners } from '../../../src/flow/listeners.js';

export const FAKE_MODEL: ModelInfo = {
  name: 'fake-three-classes',
  classes: [
    { id: 0, name: 'other', color: [0, 0, 0] },
    { id: 1, name: 'person', color: [220, 20, 60] },
    { id: 2, name: 'vehicle', color: [0, 0, 142] },
  ],
  ignoreIndex: 255,
  licence: 'CC0-1.0',
  stride: 4,
};

const PICTURE = { width: 320, height: 240 };
const MASK = { width: 80, height: 60 };

/** A frame whose mask has a person (class 1) in its left half; number and time are the caller's. */
export async function fakeFrame(
  number: number,
  { clock = systemClock, picture = PICTURE, maskSize = MASK, noise = false } = {},
): Promise<SegmentedFrame> {
  const labels = new Uint8Array(maskSize.width * maskSize.height);
  const confidence = new Uint8Array(labels.length).fill(200);
  for (let i = 0; i < labels.length; i++) labels[i] = i % maskSize.width < maskSize.width / 2 ? 1 : 0;
  return {
    number,
    pts: { ticks: number * 3600, timeBase: { num: 1, den: 90_000 } },
    capturedAt: clock.wall(),
    discontinuity: number === 0,
    geometry: { source: picture, picture, analysis: picture, content: picture },
    jpeg: await fakeJpeg(picture, noise),
    mask: { size: maskSize, labels, confidence, origin: 'inferred', age: 0 },
  };
}

const jpegs = new Map<string, Promise<Uint8Array>>();

/** A grey picture, or noise, which is large. Made once a size. */
function fakeJpeg(size: { width: number; height: number }, noise: boolean): Promise<Uint8Array> {
  const key = `${size.width}x${size.height} ${noise}`;
  const background = { r: 128, g: 128, b: 128 };
  const create = noise
    ? { ...size, channels: 3 as const, background, noise: { type: 'gaussian' as const, mean: 128, sigma: 40 } }
    : { ...size, channels: 3 as const, background };
  const jpeg = jpegs.get(key) ?? sharp({ create }).jpeg({ quality: 80 }).toBuffer();
  jpegs.set(key, jpeg);
  return jpeg;
}

/** A stream that does what a test tells it. */
export class FakeFeed implements StreamFeed {
  name: string;
  model: ModelInfo = FAKE_MODEL;
  settings: StreamSettings = { policy: parsePolicy('adaptive'), smoothing: true, onDemand: false, classes: {} };
  revision = 1;
  latest: SegmentedFrame | undefined;
  readonly frameListeners = new Listeners<SegmentedFrame>();
  readonly statusListeners = new Listeners<StreamStatus>();
  readonly changeListeners = new Listeners<void>();
  readonly removedListeners = new Listeners<void>();
  status: StreamStatus;

  constructor(
    readonly id: string,
    private readonly clock: Clock = systemClock,
  ) {
    this.name = id;
    this.status = {
      state: 'live',
      since: clock.wall(),
      reason: undefined,
      retryAt: undefined,
      lastFrameAt: undefined,
      losses: 0,
    };
  }

  emit(frame: SegmentedFrame): void {
    this.latest = frame;
    this.frameListeners.emit(frame);
  }

  setState(state: StreamStatus['state'], reason?: StreamStatus['reason']): void {
    this.status = { ...this.status, state, since: this.clock.wall(), reason };
    this.statusListeners.emit(this.status);
  }

  change(values: Partial<Pick<FakeFeed, 'name' | 'model' | 'settings' | 'revision'>>): void {
    Object.assign(this, values);
    this.changeListeners.emit();
  }

  remove(): void {
    this.removedListeners.emit();
  }

  statistics(): StreamStatistics {
    return {
      sourceFps: 25,
      inferredFps: 5,
      shownFps: 25,
      drops: Object.fromEntries(DROP_CAUSES.map((cause) => [cause, 0])) as StreamStatistics['drops'],
      stages: Object.fromEntries(
        STAGES.map((stage) => [stage, { p50: ms(1), p95: ms(2) }]),
      ) as StreamStatistics['stages'],
      queued: 0,
      inFlight: 0,
      geometry: this.latest?.geometry,
      policy: formatPolicy(this.settings.policy),
      smoothing: this.settings.smoothing,
      model: this.model.name,
      viewers: this.frameListeners.size,
      lastOrigin: this.latest?.mask.origin,
    };
  }

  /** Viewers that look at how masks come about. */
  inspectors = 0;

  inspect(): () => void {
    this.inspectors += 1;
    return () => {
      this.inspectors -= 1;
    };
  }

  subscribe(listener: (frame: SegmentedFrame) => void): () => void {
    return this.frameListeners.add(listener);
  }

  onStatus(listener: (status: StreamStatus) => void): () => void {
    return this.statusListeners.add(listener);
  }

  onChange(listener: () => void): () => void {
    return this.changeListeners.add(listener);
  }

  onRemoved(listener: () => void): () => void {
    return this.removedListeners.add(listener);
  }
}

const PROBED: SourceInfoView = {
  container: 'mov,mp4',
  codec: 'h264',
  pixelFormat: 'yuv420p',
  width: 1920,
  height: 1080,
  rotation: 0,
  fps: 25,
  live: false,
};

/** Streams without cameras. `probe` fails with `probeFailure` where a test sets it. */
export class FakeStreams implements StreamService {
  readonly feeds = new Map<string, FakeFeed>();
  probeFailure: MaskcastError | undefined;

  constructor(ids: readonly string[] = ['one'], clock: Clock = systemClock) {
    for (const id of ids) this.feeds.set(id, new FakeFeed(id, clock));
  }

  feed(id: string): FakeFeed {
    const feed = this.feeds.get(id);
    if (!feed) throw new MaskcastError('NOT_FOUND', `there is no stream "${id}"`);
    return feed;
  }

  list(role: Role = 'admin'): StreamView[] {
    return [...this.feeds.keys()].map((id) => this.get(id, role));
  }

  get(id: string, role: Role = 'admin'): StreamView {
    const feed = this.feed(id);
    const { state, since, losses, reason } = feed.status;
    return {
      id,
      name: feed.name,
      source: role === 'admin' ? `rtsp://camera.example/${id}` : 'rtsp://camera.example/…',
      model: feed.model.name,
      settings: {
        policy: formatPolicy(feed.settings.policy),
        smoothing: feed.settings.smoothing,
        onDemand: feed.settings.onDemand,
        classes: feed.settings.classes,
      },
      status: { state, since, losses, ...(reason && { reason }) },
      viewers: 0,
      persistent: true,
    };
  }

  async add(input: StreamInput): Promise<StreamView> {
    const id = input.id ?? input.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    if (this.feeds.has(id)) throw new MaskcastError('CONFLICT', `there is a stream "${id}" already`);
    const feed = new FakeFeed(id);
    feed.name = input.name;
    this.feeds.set(id, feed);
    return this.get(id);
  }

  async change(id: string, change: StreamChange): Promise<StreamView> {
    const feed = this.feed(id);
    const { policy, smoothing, onDemand, classes } = change.settings ?? {};
    feed.change({
      name: change.name ?? feed.name,
      settings: {
        policy: policy === undefined ? feed.settings.policy : parsePolicy(policy),
        smoothing: smoothing ?? feed.settings.smoothing,
        onDemand: onDemand ?? feed.settings.onDemand,
        classes: classes ?? feed.settings.classes,
      },
    });
    if (change.enabled === false) feed.setState('stopped');
    return this.get(id);
  }

  async remove(id: string): Promise<void> {
    const feed = this.feed(id);
    this.feeds.delete(id);
    feed.remove();
  }

  async probe(_source: SourceInput, _signal: AbortSignal): Promise<SourceInfoView> {
    if (this.probeFailure) throw this.probeFailure;
    return PROBED;
  }

  models(): ModelView[] {
    const { name, licence, stride, classes } = FAKE_MODEL;
    return [{ name, licence, stride, default: true, classes: classes.map((c) => ({ ...c, color: [...c.color] })) }];
  }
}
