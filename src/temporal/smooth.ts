import type { Scores } from './propagate.js';

/**
 * In: the network's scores of a frame and the scores moved there from before. Out: their blend. Always holds: where the
 * moved scores are not trusted, or the network is certain and disagrees, the network's scores pass.
 */

export interface SmoothOptions {
  /** Weight of the moved scores where both agree or the network is unsure, 0–1. */
  readonly ratio: number;
}

export const DEFAULT_SMOOTH: SmoothOptions = { ratio: 0.6 };

/** Blends `moved` into `scores` in place. `trust`: of the moved scores, 0–1 a cell. */
export function blendScores(scores: Scores, moved: Scores, trust: Float32Array, { ratio }: SmoothOptions): void {
  const { classes, data } = scores;
  for (let i = 0, p = 0; i < trust.length; i += 1, p += classes) {
    const weight = ratio * (trust[i] as number);
    for (let c = p; c < p + classes; c += 1) {
      const value = data[c] as number;
      data[c] = value + weight * ((moved.data[c] as number) - value);
    }
  }
}
