import { asMaskcastError, MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { Mask } from '../core/mask.js';
import type { Inference, Observation, Segmenter, TemporalEngine } from '../core/ports.js';

/** Frames that are observed before an earlier one is applied: with that one, as many are in the network as can be of use. */
const AHEAD = 2;

/**
 * An engine whose results depend on the frames alone, never on which thread was faster.
 *
 * In: one stretch of frames, through `runFrameLoop`. Out: the engine's masks. Always holds: the calls reach the engine in the
 * order o0 o1 o2 a0 o3 a1 o4 a2 … (observe, apply), which lets several sessions work on frames while another is finished,
 * and the engine never hears how busy the network is. The order is the same for any number of sessions.
 */
export class OrderedEngine implements TemporalEngine {
  private observed = 0;
  private applied = 0;
  private free = false;
  private waiting: (() => void)[] = [];

  constructor(private readonly engine: TemporalEngine) {}

  async observe(frame: Frame): Promise<Observation> {
    const index = this.observed;
    await this.until(() => this.applied >= index - AHEAD);
    this.observed += 1;
    this.wake();
    return this.engine.observe(frame, { freeSlots: 1 });
  }

  async apply(frameNumber: number, inference: Inference | undefined): Promise<Mask> {
    const index = this.applied;
    await this.until(() => this.observed > index + AHEAD);
    this.applied += 1;
    this.wake();
    return this.engine.apply(frameNumber, inference);
  }

  /** No further frame comes, or one has failed: nothing waits any more. */
  end(): void {
    this.free = true;
    this.wake();
  }

  late(frameNumber: number, inference: Inference): Promise<void> {
    return this.engine.late(frameNumber, inference);
  }

  configure(settings: Parameters<TemporalEngine['configure']>[0]): void {
    this.engine.configure(settings);
  }

  async close(): Promise<void> {
    this.end();
    await this.engine.close();
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!this.free && !condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** A network whose lost worker costs one more run of the frame, not its result; a second failure is final. */
export function persistent(segmenter: Segmenter, onFailure: () => void): Segmenter {
  return {
    model: segmenter.model,
    geometryFor: (size) => segmenter.geometryFor(size),
    async segment(stream, frame, options) {
      frame.pixels.retain();
      try {
        return await segmenter.segment(stream, frame, options).catch(() => segmenter.segment(stream, frame, options));
      } catch (error) {
        onFailure();
        // Retryable, the frame loop would take it for a frame that does without the network.
        const { code, message } = asMaskcastError(error);
        throw new MaskcastError(code, message, { cause: error });
      } finally {
        frame.pixels.release();
      }
    },
    get freeSlots() {
      return segmenter.freeSlots;
    },
    inFlight: (stream) => segmenter.inFlight(stream),
    waiting: (stream) => segmenter.waiting(stream),
    close: () => segmenter.close(),
  };
}
