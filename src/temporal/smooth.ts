import type { Field } from './field.js';
import type { Scores } from './propagate.js';

/**
 * In: the network's scores of a frame and the scores moved there from before. Out: their blend. Always holds: the blend lies
 * between the two; where the moved scores are not trusted, or the network is certain and disagrees, the network's pass.
 */

/** Weight of trusted scores moved from the frame just before, where the network doesn't contradict. */
const MOVED_WEIGHT = 0.8;

/** How much a cell of travel makes moved scores count for less: after 2.5 cells half. */
const DOUBT_A_CELL = 0.4;

export interface Moved {
  readonly scores: Scores;
  /** Of the moved scores, 0–1 a cell. */
  readonly trust: Float32Array;
  /** The way that they were moved. */
  readonly way: Field;
  /** Frames over which they were moved, from 1. */
  readonly distance: number;
}

/**
 * Blends moved scores into `fresh` in place.
 *
 * Where the network contradicts what was expected, its certainty times the disagreement of the two (1 − Σ min: the total variation
 * distance) takes weight from the moved scores, squared: an unsure network does not flicker, an object that enters shows at once.
 */
export function blendScores(fresh: Scores, { scores: moved, trust, way, distance }: Moved): void {
  const { classes, data } = fresh;
  for (let i = 0, p = 0; i < trust.length; i += 1) {
    const end = p + classes;
    let same = 0;
    let certainty = 0;
    for (let c = p; c < end; c += 1) {
      const score = data[c] as number;
      const other = moved.data[c] as number;
      same += score < other ? score : other;
      if (score > certainty) certainty = score;
    }
    const travel = Math.min(distance - 1, Math.abs(way.dx[i] as number) + Math.abs(way.dy[i] as number));
    const contradiction = certainty * (1 - same);
    const weight =
      (MOVED_WEIGHT * (trust[i] as number) * (1 - contradiction * contradiction)) / (1 + DOUBT_A_CELL * travel);
    for (; p < end; p += 1) {
      const score = data[p] as number;
      data[p] = score + weight * ((moved.data[p] as number) - score);
    }
  }
}
