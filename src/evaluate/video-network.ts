import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { Segmenter } from '../core/ports.js';
import { epochMs } from '../core/time.js';
import type { NetworkPlane, NetworkResult, ScoreCache } from './score-cache.js';

/** In: planes that the network takes as they are. Out: scores that stay, from the cache where they are known already. */
export class ClipNetwork {
  constructor(
    readonly segmenter: Segmenter,
    private readonly cache: ScoreCache | undefined,
  ) {}

  /** @throws what the segmenter throws */
  async scoresOf(plane: NetworkPlane): Promise<NetworkResult> {
    const known = await this.cache?.find(plane);
    if (known) return known;
    const result = await this.run(plane);
    await this.cache?.keep(plane, result);
    return result;
  }

  private async run({ pixels: data, analysis, content }: NetworkPlane): Promise<NetworkResult> {
    const frame: Frame = {
      number: 0,
      pts: { ticks: 0, timeBase: { num: 1, den: 1 } },
      capturedAt: epochMs(0),
      discontinuity: true,
      geometry: { source: content, picture: content, analysis, content },
      jpeg: undefined,
      pixels: { data, retain: () => {}, release: () => {} },
    };
    const inference = await this.segmenter.segment('evaluate', frame, { newestOnly: false });
    if (!inference) throw new MaskcastError('INTERNAL', 'a frame of the evaluation was dropped');
    const { scores, runTime } = inference;
    const kept = { ...scores, data: Float32Array.from(scores.data) };
    inference.release();
    return { scores: kept, runTime };
  }
}
