import type { Size } from '../core/geometry.js';
import type { Mask, MaskOrigin } from '../core/mask.js';
import type { Scores } from './propagate.js';

/**
 * In: class scores on the grid. Out: a mask of twice the grid's size. Always holds: each mask pixel is the arg-max of the
 * bilinearly upsampled scores (pixel centres, weights 9 : 3 : 3 : 1), the first class where two are equal.
 */
export class MaskRenderer {
  private best = new Uint8Array(0);
  private bestScore = new Float32Array(0);
  private factor = new Float32Array(0);

  /** @param trust of the scores, 0–1 a cell: lowers the mask's confidence. Absent means 1. */
  render(scores: Scores, trust: Float32Array | undefined, origin: MaskOrigin, age: number): Mask {
    const { width, height, classes, data } = scores;
    this.findBest(scores, trust);
    const { best, bestScore, factor } = this;
    const size = { width: 2 * width, height: 2 * height };
    const labels = new Uint8Array(size.width * size.height);
    const confidence = new Uint8Array(labels.length);
    for (let y = 0; y < size.height; y += 1) {
      // The nearer and the farther row of cells: 3 : 1.
      const near = y >> 1;
      const far = clamp(near + ((y & 1) === 0 ? -1 : 1), height);
      let to = y * size.width;
      for (let x = 0; x < size.width; x += 1, to += 1) {
        const column = x >> 1;
        const beside = clamp(column + ((x & 1) === 0 ? -1 : 1), width);
        const a = near * width + column;
        const b = near * width + beside;
        const c = far * width + column;
        const d = far * width + beside;
        const label = best[a] as number;
        if (best[b] === label && best[c] === label && best[d] === label) {
          labels[to] = label;
          const score =
            9 * (bestScore[a] as number) +
            3 * ((bestScore[b] as number) + (bestScore[c] as number)) +
            (bestScore[d] as number);
          confidence[to] = (score * (255 / 16) + 0.5) | 0;
          continue;
        }
        let top = -1;
        let topClass = 0;
        for (let k = 0; k < classes; k += 1) {
          const score =
            9 * (data[a * classes + k] as number) +
            3 * ((data[b * classes + k] as number) + (data[c * classes + k] as number)) +
            (data[d * classes + k] as number);
          if (score > top) {
            top = score;
            topClass = k;
          }
        }
        labels[to] = topClass;
        confidence[to] = (top * (factor[a] as number) * (255 / 16) + 0.5) | 0;
      }
    }
    return { size, labels, confidence, origin, age };
  }

  private findBest({ classes, data, width, height }: Scores, trust: Float32Array | undefined): void {
    const cells = width * height;
    if (this.best.length !== cells) {
      this.best = new Uint8Array(cells);
      this.bestScore = new Float32Array(cells);
      this.factor = new Float32Array(cells);
    }
    for (let i = 0, p = 0; i < cells; i += 1) {
      let top = data[p++] as number;
      let topClass = 0;
      for (let k = 1; k < classes; k += 1) {
        const score = data[p++] as number;
        if (score > top) {
          top = score;
          topClass = k;
        }
      }
      const trusted = trust ? (trust[i] as number) : 1;
      this.best[i] = topClass;
      this.bestScore[i] = top * trusted;
      this.factor[i] = trusted;
    }
  }
}

/** The likeliest class of each cell. */
export function labelCells({ classes, data }: Scores, labels: Uint8Array): void {
  for (let i = 0, p = 0; i < labels.length; i += 1) {
    let top = data[p++] as number;
    let topClass = 0;
    for (let k = 1; k < classes; k += 1) {
      const score = data[p++] as number;
      if (score > top) {
        top = score;
        topClass = k;
      }
    }
    labels[i] = topClass;
  }
}

/** A mask that says nothing: class 0 with confidence 0. */
export function unknownMask(grid: Size): Mask {
  const size = { width: 2 * grid.width, height: 2 * grid.height };
  const labels = new Uint8Array(size.width * size.height);
  return { size, labels, confidence: new Uint8Array(labels.length), origin: 'unknown', age: 0 };
}

const clamp = (index: number, length: number): number => (index < 0 ? 0 : index >= length ? length - 1 : index);
