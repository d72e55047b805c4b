import type { Size } from '../core/geometry.js';

/**
 * Pixels of the input that one score stands for, at least: the temporal engine's work grows with the scores, and networks that
 * answer at full size have mostly enlarged coarser scores inside the graph.
 */
export const SERVED_STRIDE = 4;

/** How scores lie over the input, after values of a finer output are averaged in blocks. */
export interface ScoreGrid {
  /** Values of the output a score, in each direction. */
  readonly block: number;
  /** Pixels of the input a score, in each direction. */
  readonly stride: number;
}

/**
 * @param outputStride pixels of the input a value of the output, from 1
 * @param finest pixels of the input that a score stands for, at least
 */
export function scoreGrid(outputStride: number, finest: number = SERVED_STRIDE): ScoreGrid {
  const block = Math.ceil(finest / outputStride);
  return { block, stride: block * outputStride };
}

/**
 * Means over blocks of `block`×`block` values, class by class.
 * @param values CHW, `classes · size.height · block · size.width · block`
 * @param size of `target`
 * @param target CHW, `classes · size.height · size.width`
 */
export function averageBlocks(values: Float32Array, block: number, size: Size, target: Float32Array): void {
  const width = size.width * block;
  const share = 1 / (block * block);
  const rows = target.length / size.width;
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let column = 0; column < size.width; column += 1, at += 1) {
      let sum = 0;
      const corner = row * block * width + column * block;
      for (let y = 0, from = corner; y < block; y += 1, from += width) {
        for (let x = 0; x < block; x += 1) sum += values[from + x] as number;
      }
      target[at] = sum * share;
    }
  }
}
