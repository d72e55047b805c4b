import type { Field } from './field.js';
import type { Scores } from './propagate.js';
import { type Floats, kernels } from './wasm.js';

/**
 * In: the network's scores of a frame and the scores moved there from before. Out: their blend. Always holds: the blend lies
 * between the two; where the moved scores are not trusted, or the network is certain and disagrees, the network's pass.
 */

export interface Moved {
  readonly scores: Scores;
  /** Of the moved scores, 0–1 a cell. */
  readonly trust: Floats;
  /** The way that they were moved. */
  readonly way: Field;
  /** Frames over which they were moved, from 1. */
  readonly distance: number;
}

/**
 * Blends moved scores into `fresh` in place.
 *
 * Where the network contradicts what was expected, its certainty times the disagreement of the two (1 − Σ min: the total variation
 * distance) takes weight from the moved scores, squared: an unsure network does not flicker, an object that enters shows at once. Scores
 * count for less the farther they were moved, in cells, though never as farther than a cell a frame after the first.
 */
export function blendScores(fresh: Scores, { scores, trust, way, distance }: Moved): void {
  kernels().blendScores(
    fresh.handle.byteOffset,
    scores.handle.byteOffset,
    trust.byteOffset,
    way.handle.byteOffset,
    distance - 1,
  );
}
