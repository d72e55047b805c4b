import type { Frame } from '../../../src/core/frame.js';
import type { Mask } from '../../../src/core/mask.js';
import type {
  FrameSource,
  Inference,
  Network,
  Observation,
  Segmenter,
  TemporalEngine,
} from '../../../src/core/ports.js';
import type { StreamStatus } from '../../../src/core/stream.js';
import { epochMs } from '../../../src/core/time.js';
import { Listeners } from '../../../src/flow/listeners.js';
import { BoundedQueue } from '../../../src/flow/queue.js';

const SIZE = { width: 8, height: 4 };

/** Scripted stages that record what the pipeline does with them, and every lease that is out. */
export class Leases {
  readonly out = new Set<string>();

  frame(number: number, discontinuity = number === 0): Frame {
    let readers = 1;
    const name = `frame ${number}`;
    this.out.add(name);
    return {
      number,
      pts: { ticks: number, timeBase: { num: 1, den: 25 } },
      capturedAt: epochMs(number * 40),
      discontinuity,
      geometry: { source: SIZE, picture: SIZE, analysis: SIZE, content: SIZE },
      jpeg: new Uint8Array([number]),
      pixels: {
        data: new Uint8Array(new SharedArrayBuffer(SIZE.width * SIZE.height * 3)),
        retain: () => {
          readers += 1;
        },
        release: () => {
          readers -= 1;
          if (readers === 0) this.out.delete(name);
          if (readers < 0) throw new Error(`${name} was released once too often`);
        },
      },
    };
  }

  inference(frameNumber: number): Inference {
    const name = `scores ${frameNumber}`;
    this.out.add(name);
    return {
      scores: { classes: 2, size: SIZE, data: new Float32Array(SIZE.width * SIZE.height * 2) },
      runTime: 1,
      release: () => {
        if (!this.out.delete(name)) throw new Error(`${name} was released once too often`);
      },
    };
  }
}

export class FakeSource implements FrameSource {
  private readonly queue = new BoundedQueue<Frame>(100, { kind: 'wait' }, (frame) => frame.pixels.release());
  private readonly listeners = new Listeners<StreamStatus>();
  status: StreamStatus = {
    state: 'connecting',
    since: epochMs(0),
    reason: undefined,
    retryAt: undefined,
    lastFrameAt: undefined,
    losses: 0,
  };
  readonly dropped = 0;
  closed = false;

  push(...frames: Frame[]): void {
    for (const frame of frames) void this.queue.push(frame);
  }

  end(): void {
    this.queue.end();
  }

  setStatus(change: Partial<StreamStatus>): void {
    this.status = { ...this.status, ...change };
    this.listeners.emit(this.status);
  }

  frames(): AsyncIterable<Frame> {
    return this.queue;
  }

  onStatus(listener: (status: StreamStatus) => void): () => void {
    return this.listeners.add(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.queue.close();
  }
}

/** Answers when the test says so. */
export class FakeSegmenter implements Segmenter {
  readonly model;
  freeSlots = 1;
  readonly requests: {
    readonly frame: number;
    readonly newestOnly: boolean;
    readonly answer: (result: Inference | undefined | Error) => void;
  }[] = [];
  /** Answers at once where true. */
  immediate = true;

  constructor(
    private readonly leases: Leases,
    name = 'fake',
  ) {
    this.model = {
      name,
      classes: [
        { id: 0, name: 'background', color: [0, 0, 0] as const },
        { id: 1, name: 'thing', color: [255, 0, 0] as const },
      ],
      ignoreIndex: undefined,
      licence: 'none',
      stride: 1,
    };
  }

  geometryFor() {
    return { analysis: SIZE, content: SIZE };
  }

  inFlight(): number {
    return this.requests.length;
  }

  waiting(): number {
    return 0;
  }

  segment(
    _stream: string,
    frame: Frame,
    { newestOnly }: { readonly newestOnly: boolean },
  ): Promise<Inference | undefined> {
    if (this.immediate) {
      this.requests.push({ frame: frame.number, newestOnly, answer: () => {} });
      return Promise.resolve(this.leases.inference(frame.number));
    }
    frame.pixels.retain();
    return new Promise((resolve, reject) => {
      const answer = (result: Inference | undefined | Error) => {
        frame.pixels.release();
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      this.requests.push({ frame: frame.number, newestOnly, answer });
    });
  }

  async close(): Promise<void> {}
}

/** A network that is loaded at once, or fails with `refusal`; counts its borrowers. */
export class FakeNetwork implements Network {
  borrowers = 0;
  refusal: Error | undefined;

  constructor(readonly segmenter: FakeSegmenter) {}

  get model() {
    return this.segmenter.model;
  }

  async borrow() {
    if (this.refusal) throw this.refusal;
    this.borrowers += 1;
    let borrowed = true;
    const giveBack = () => {
      if (borrowed) this.borrowers -= 1;
      borrowed = false;
    };
    return { segmenter: this.segmenter, giveBack };
  }
}

/** Infers the frames that `wants` names and writes down all calls. */
export class FakeEngine implements TemporalEngine {
  readonly calls: string[] = [];
  closed = false;

  constructor(private readonly wants: (frameNumber: number) => Observation['reason']) {}

  async observe(frame: Frame): Promise<Observation> {
    this.calls.push(`observe ${frame.number}`);
    const reason = this.wants(frame.number);
    return { infer: reason !== 'skip', reason, change: 0, gain: 1 };
  }

  async apply(frameNumber: number, inference: Inference | undefined): Promise<Mask> {
    this.calls.push(`apply ${frameNumber}${inference ? ' inferred' : ''}`);
    inference?.release();
    const pixels = SIZE.width * SIZE.height;
    return {
      size: SIZE,
      labels: new Uint8Array(pixels),
      confidence: new Uint8Array(pixels),
      origin: inference ? 'inferred' : 'propagated',
      age: 0,
    };
  }

  async late(frameNumber: number, inference: Inference): Promise<void> {
    this.calls.push(`late ${frameNumber}`);
    inference.release();
  }

  configure(settings: Parameters<TemporalEngine['configure']>[0]): void {
    this.calls.push(`configure${settings.inspect ? ' inspect' : ''}`);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
