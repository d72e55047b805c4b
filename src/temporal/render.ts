import type { Size } from '../core/geometry.js';
import type { Mask, MaskOrigin } from '../core/mask.js';
import type { Scores } from './propagate.js';
import { type Bytes, type Floats, type KernelMemory, kernels } from './wasm.js';

/**
 * In: class scores on the grid. Out: a mask of twice the grid's size. Always holds: each mask pixel is the arg-max of the
 * bilinearly upsampled scores (pixel centres, weights 9 : 3 : 3 : 1), the first class where two are equal.
 */
export class MaskRenderer {
  private readonly size: Size;
  /** Of the cells, with a border of one: see the kernel. */
  private readonly best: Bytes;
  private readonly bestScores: Floats;
  private readonly labels: Bytes;
  private readonly confidence: Bytes;

  constructor(memory: KernelMemory, { width, height }: Size) {
    this.size = { width: 2 * width, height: 2 * height };
    this.best = memory.bytes((width + 2) * (height + 2));
    this.bestScores = memory.floats((width + 2) * (height + 2));
    this.labels = memory.bytes(this.size.width * this.size.height);
    this.confidence = memory.bytes(this.labels.length);
  }

  /** @param trust of the scores, 0–1 a cell: lowers the mask's confidence. Absent means 1. */
  render(scores: Scores, trust: Floats | undefined, origin: MaskOrigin, age: number): Mask {
    const { size, best, bestScores, labels, confidence } = this;
    kernels().render(
      scores.handle.byteOffset,
      trust?.byteOffset ?? 0,
      best.byteOffset,
      bestScores.byteOffset,
      labels.byteOffset,
      confidence.byteOffset,
    );
    // Copies, outside of the kernels' memory: they leave the thread.
    return { size, labels: labels.slice(), confidence: confidence.slice(), origin, age };
  }
}

/** The likeliest class of each cell. */
export function labelCells(scores: Scores, labels: Bytes): void {
  kernels().labelCells(scores.handle.byteOffset, labels.byteOffset);
}

/** A mask that says nothing: class 0 with confidence 0. */
export function unknownMask(grid: Size): Mask {
  const size = { width: 2 * grid.width, height: 2 * grid.height };
  const labels = new Uint8Array(size.width * size.height);
  return { size, labels, confidence: new Uint8Array(labels.length), origin: 'unknown', age: 0 };
}
