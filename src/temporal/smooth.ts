import type { Scores } from './propagate.js';

/**
 * In: the network's scores of a frame and the scores moved there from before. Out: their blend. Always holds: where the
 * moved scores are not trusted, the network's scores pass.
 */

/** Weight of scores moved from the frame just before. */
const NEXT_FRAME_WEIGHT = 0.7;

/**
 * Weight of moved scores, 0–1. The longer the way, the less they say: two frames apart they count for two thirds of what the
 * next frame's would, nine frames apart for a fifth.
 * @param distance frames between the two, from 1
 */
export function blendWeight(distance: number): number {
  return (2 * NEXT_FRAME_WEIGHT) / (distance + 1);
}

/**
 * Blends `moved` into `scores` in place.
 * @param trust of the moved scores, 0–1 a cell
 * @param weight of fully trusted moved scores, 0–1
 */
export function blendScores(scores: Scores, moved: Scores, trust: Float32Array, weight: number): void {
  const { classes, data } = scores;
  for (let i = 0, p = 0; i < trust.length; i += 1) {
    const share = weight * (trust[i] as number);
    for (const end = p + classes; p < end; p += 1) {
      const value = data[p] as number;
      data[p] = value + share * ((moved.data[p] as number) - value);
    }
  }
}
