import { type Size, sameSize } from '../core/geometry.js';
import type { ScoreMap } from '../core/mask.js';

/** Smallest probability whose logarithm counts: float32's smallest normal number is near 1e-38. */
const LEAST = 1e-37;

/**
 * The most probable class of every pixel: logarithms of the probabilities scaled up bilinearly, then arg-max. A logarithm is the
 * network's logit less a number that all classes of the pixel share, so this is the arg-max of logits scaled up, as evaluations of
 * segmentation networks are done. The scores' corners are the corners of
 * `full` (half-pixel centres, edges repeated), of which the part `kept` from the top left is returned.
 * @returns class index a pixel, row-major, `kept.width · kept.height`
 */
export function upsampledLabels(scores: ScoreMap, full: Size, kept: Size): Uint8Array {
  const { classes, size } = scores;
  if (sameSize(size, full)) return bestLabels(scores, kept);
  const data = scores.data.map((probability) => Math.log(Math.max(probability, LEAST)));
  const plane = size.width * size.height;
  const columns = positions(size.width, full.width, kept.width);
  const rows = positions(size.height, full.height, kept.height);
  const labels = new Uint8Array(kept.width * kept.height);
  /** Logarithms of one output row at input columns, class by class. */
  const line = new Float32Array(classes * size.width);
  const best = new Float32Array(kept.width);
  for (let y = 0; y < kept.height; y += 1) {
    const [top, bottom, lower] = [rows.from[y] as number, rows.to[y] as number, rows.weight[y] as number];
    for (let index = 0; index < classes; index += 1) {
      const [above, below, at] = [
        index * plane + top * size.width,
        index * plane + bottom * size.width,
        index * size.width,
      ];
      for (let x = 0; x < size.width; x += 1) {
        const value = data[above + x] as number;
        line[at + x] = value + ((data[below + x] as number) - value) * lower;
      }
    }
    best.fill(-Infinity);
    const start = y * kept.width;
    for (let index = 0; index < classes; index += 1) {
      const at = index * size.width;
      for (let x = 0; x < kept.width; x += 1) {
        const left = line[at + (columns.from[x] as number)] as number;
        const right = line[at + (columns.to[x] as number)] as number;
        const value = left + (right - left) * (columns.weight[x] as number);
        if (value <= (best[x] as number)) continue;
        best[x] = value;
        labels[start + x] = index;
      }
    }
  }
  return labels;
}

/** The most probable class of every pixel of the part `kept` from the top left. */
function bestLabels({ classes, size, data }: ScoreMap, kept: Size): Uint8Array {
  const plane = size.width * size.height;
  const labels = new Uint8Array(kept.width * kept.height);
  const best = new Float32Array(kept.width);
  for (let y = 0; y < kept.height; y += 1) {
    best.fill(-Infinity);
    const start = y * kept.width;
    for (let index = 0; index < classes; index += 1) {
      const from = index * plane + y * size.width;
      for (let x = 0; x < kept.width; x += 1) {
        const value = data[from + x] as number;
        if (value <= (best[x] as number)) continue;
        best[x] = value;
        labels[start + x] = index;
      }
    }
  }
  return labels;
}

/** Where each of the first `kept` of `full` output positions lies between the `length` input positions. */
function positions(length: number, full: number, kept: number) {
  const from = new Uint32Array(kept);
  const to = new Uint32Array(kept);
  const weight = new Float32Array(kept);
  for (let index = 0; index < kept; index += 1) {
    const at = Math.min(length - 1, Math.max(0, ((index + 0.5) * length) / full - 0.5));
    from[index] = Math.floor(at);
    to[index] = Math.min(length - 1, Math.floor(at) + 1);
    weight[index] = at - Math.floor(at);
  }
  return { from, to, weight };
}
