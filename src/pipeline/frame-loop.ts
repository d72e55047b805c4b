import { asMaskcastError, MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { FrameSource, Inference, Observation, SegmentedFrame, Segmenter, TemporalEngine } from '../core/ports.js';
import { BoundedQueue } from '../flow/queue.js';
import type { StreamMeter } from './statistics.js';

/**
 * The way of one stream's frames through the engine and the network.
 *
 * In: frames of one source, in order. Out: the same frames with their masks, in order, to `emit`.
 * Always holds: at most `WINDOW` frames are between `observe` and `apply`; every frame that is observed is applied and
 * emitted once; every pixel lease is released; after a late result at most one more is under way for the stream.
 *
 * Two loops run side by side: `decide` looks at frames and starts the network, `finish` waits for results and emits. While
 * one frame is being finished the next is already in the network, so that the network never waits for JavaScript.
 */
export interface FrameLoopParts {
  readonly stream: string;
  readonly source: Pick<FrameSource, 'frames'>;
  readonly segmenter: Segmenter;
  readonly engine: TemporalEngine;
  readonly meter: StreamMeter;
  /**
   * `own-frame`: a frame that the network sees waits for its result (file jobs, and every mask is its own frame's).
   * `forward`: frames don't wait; a result is moved forward to the frame that is shown when it arrives. A frame with nothing
   * before it (start, cut) waits all the same.
   */
  readonly results: () => 'own-frame' | 'forward';
  readonly emit: (frame: SegmentedFrame) => void;
}

/** One in the network, one ready behind it: deeper windows only add delay. */
const WINDOW = 2;

interface Pending {
  readonly frame: Frame;
  /** Absent where the frame does not wait for the network. */
  readonly inference: Promise<Inference | undefined> | undefined;
}

/** Runs until the source ends. @throws the source's, network's or engine's MaskcastError after letting go of all frames */
export async function runFrameLoop(parts: FrameLoopParts): Promise<void> {
  const pending = new BoundedQueue<Pending>(
    WINDOW,
    { kind: 'wait' },
    ({ inference }) =>
      void inference?.then(
        (i) => i?.release(),
        () => {},
      ),
  );
  const late = new LateResults(parts, (error) => pending.fail(error));
  const finished = finish(parts, pending);
  finished.catch(() => pending.close());
  try {
    for await (const frame of parts.source.frames()) {
      parts.meter.frameTaken(frame);
      try {
        await pending.push(await decide(parts, frame, late));
      } finally {
        frame.pixels.release();
      }
      if (pending.closed) break;
    }
  } finally {
    pending.end();
    await Promise.all([finished, late.settled()]);
  }
}

async function decide(parts: FrameLoopParts, frame: Frame, late: LateResults): Promise<Pending> {
  const { engine, segmenter, meter, stream } = parts;
  const freeSlots = late.busy ? 0 : segmenter.freeSlots;
  const observation = await meter.timed('observe', () => engine.observe(frame, { freeSlots }));
  if (!observation.infer) return { frame, inference: undefined };
  const waits = parts.results() === 'own-frame' || nothingBefore(observation);
  const inference = meter
    .timed('infer', () => segmenter.segment(stream, frame, { newestOnly: !waits, gain: observation.gain }))
    .catch(survive(parts));
  if (waits) {
    inference.catch(() => {}); // `finish` awaits the same promise and reports
    return { frame, inference };
  }
  late.add(frame.number, inference);
  return { frame, inference: undefined };
}

/** A worker that died under a frame costs that frame's result; the pool has started another. */
function survive({ meter }: FrameLoopParts): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof MaskcastError && error.code === 'WORKER_LOST')) throw error;
    meter.dropped('inference-failed');
    return undefined;
  };
}

const nothingBefore = (observation: Observation): boolean =>
  observation.reason === 'start' || observation.reason === 'cut';

async function finish(parts: FrameLoopParts, pending: BoundedQueue<Pending>): Promise<void> {
  const { engine, meter } = parts;
  for await (const { frame, inference } of pending) {
    const result = await inference;
    if (result) meter.frameInferred();
    const mask = await meter.timed('apply', () => engine.apply(frame.number, result));
    meter.frameShown(mask.origin);
    const { number, pts, capturedAt, discontinuity, geometry, jpeg } = frame;
    parts.emit({ number, pts, capturedAt, discontinuity, geometry, jpeg, mask });
  }
}

/** Results that arrive after their frame was shown. */
class LateResults {
  private readonly under = new Set<Promise<void>>();

  constructor(
    private readonly parts: FrameLoopParts,
    private readonly onFailure: (error: MaskcastError) => void,
  ) {}

  get busy(): boolean {
    return this.under.size > 0;
  }

  add(frameNumber: number, inference: Promise<Inference | undefined>): void {
    const delivered = this.deliver(frameNumber, inference)
      .catch((error: unknown) => this.onFailure(asMaskcastError(error)))
      .finally(() => this.under.delete(delivered));
    this.under.add(delivered);
  }

  async settled(): Promise<void> {
    await Promise.all(this.under);
  }

  private async deliver(frameNumber: number, inference: Promise<Inference | undefined>): Promise<void> {
    const { engine, meter } = this.parts;
    const result = await inference;
    if (!result) return meter.dropped('inference-busy');
    meter.frameInferred();
    await engine.late(frameNumber, result);
  }
}
