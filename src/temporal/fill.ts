import { PAD, type Plane } from './plane.js';
import type { Scores } from './propagate.js';

/**
 * In: moved scores, some of which can't be trusted: what was uncovered, or came into the picture. Out: those are drawn towards the
 * trusted ones nearby that look alike. Always holds: trusted cells stay as they are; probabilities still sum to 1.
 */

/** Trust below which a cell is filled; only cells above it are asked. */
const DOUBTFUL = 0.5;
/** Cells in each direction that are asked. */
const RADIUS = 4;
/** Luma difference at which a neighbour counts a quarter. */
const ALIKE = 12;
/** Weight of all neighbours at which they count half against the cell's own scores. */
const LITTLE = 0.1;

/**
 * A joint bilateral filter over the doubtful cells only: neighbours count by trust, by likeness of luma and by nearness.
 * @param trust of the scores, 0–1 a cell
 * @param luma of the frame, one pixel a cell
 */
export function fillDoubtful(scores: Scores, trust: Float32Array, luma: Plane): void {
  const { width, height, classes, data } = scores;
  const sum = new Float64Array(classes);
  for (let y = 0, i = 0; y < height; y += 1) {
    const [top, bottom] = [Math.max(0, y - RADIUS), Math.min(height - 1, y + RADIUS)];
    for (let x = 0; x < width; x += 1, i += 1) {
      const own = trust[i] as number;
      if (own >= DOUBTFUL) continue;
      const value = luma.data[(y + PAD) * luma.stride + x + PAD] as number;
      const [left, right] = [Math.max(0, x - RADIUS), Math.min(width - 1, x + RADIUS)];
      let total = 0;
      sum.fill(0);
      for (let v = top; v <= bottom; v += 1) {
        for (let u = left; u <= right; u += 1) {
          const neighbour = v * width + u;
          const trusted = trust[neighbour] as number;
          if (trusted < DOUBTFUL) continue;
          const difference = ((luma.data[(v + PAD) * luma.stride + u + PAD] as number) - value) / ALIKE;
          const unlike = 1 + difference * difference;
          const weight = trusted / (unlike * unlike * (1 + (u - x) * (u - x) + (v - y) * (v - y)));
          total += weight;
          const p = neighbour * classes;
          for (let c = 0; c < classes; c += 1) sum[c] = (sum[c] as number) + weight * (data[p + c] as number);
        }
      }
      if (total === 0) continue;
      const share = ((1 - own) * total) / (total + LITTLE);
      for (let c = 0, p = i * classes; c < classes; c += 1, p += 1) {
        const score = data[p] as number;
        data[p] = score + share * ((sum[c] as number) / total - score);
      }
    }
  }
}
