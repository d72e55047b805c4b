import type { Scores } from './propagate.js';
import { type Bytes, kernels } from './wasm.js';

/**
 * In: blended scores, and the scores moved there from before. Out: the blend, in which a new speck must be seen twice. Always holds: what
 * covers five cells at once, or lies beside what had its class before, passes.
 */

/**
 * A cell is a new speck where its label is another than before, at most four of the 5 × 5 cells around it have that label, and none of the 3 × 3
 * around it had it before. Its scores are drawn towards the moved ones until their label just wins, unless the new label leads by
 * three times what it was behind: then it was held before, and the network says it again. So a speck shows at the second
 * inference in a row that sees it, and one that is gone by then never does. (What is drawn back can be washed out where it is
 * resampled on its way there; then it has to wait for another.)
 *
 * @param before the likeliest class of each cell in `moved`
 * @param after the same in `blended`
 */
export function holdSpecks(blended: Scores, moved: Scores, before: Bytes, after: Bytes): void {
  kernels().holdSpecks(blended.handle.byteOffset, moved.handle.byteOffset, before.byteOffset, after.byteOffset);
}
