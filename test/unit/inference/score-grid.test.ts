import { describe, expect, it } from 'vitest';
import { averageBlocks, scoreGrid } from '../../../src/inference/score-grid.js';

describe('the grid of scores', () => {
  it.each([
    [1, { block: 4, stride: 4 }],
    [2, { block: 2, stride: 4 }],
    [3, { block: 2, stride: 6 }],
    [4, { block: 1, stride: 4 }],
    [8, { block: 1, stride: 8 }],
  ])('of an output of stride %i', (stride, expected) => {
    expect(scoreGrid(stride)).toEqual(expected);
  });

  it('is the output itself where nobody wants it coarser', () => {
    expect(scoreGrid(2, 1)).toEqual({ block: 1, stride: 2 });
  });
});

describe('averaging', () => {
  it('takes the mean of each block, class by class', () => {
    // Two classes on 4×2 values, in blocks of 2×2.
    const values = Float32Array.from([1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1]);
    const target = new Float32Array(4);
    averageBlocks(values, 2, { width: 2, height: 1 }, target);
    expect([...target]).toEqual([0.75, 0, 0.25, 1]);
  });

  it('keeps rows apart', () => {
    const values = Float32Array.from([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
    const target = new Float32Array(4);
    averageBlocks(values, 2, { width: 2, height: 2 }, target);
    expect([...target]).toEqual([1, 2, 3, 4]);
  });
});
