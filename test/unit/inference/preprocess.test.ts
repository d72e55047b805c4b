import { describe, expect, it } from 'vitest';
import type { ManifestInput } from '../../../src/inference/manifest.js';
import { allocateInput, fillInput, inputShape } from '../../../src/inference/preprocess.js';

const plain: ManifestInput = {
  tensor: 'image',
  type: 'uint8',
  layout: 'NHWC',
  colorOrder: 'RGB',
  size: { kind: 'dynamic', multipleOf: 1, longestSide: 512 },
  scale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** Two pixels side by side. */
const size = { width: 2, height: 1 };
const pixels = Uint8Array.from([10, 20, 30, 40, 50, 255]);

const filled = (change: Partial<ManifestInput>): number[] => {
  const input = { ...plain, ...change };
  const target = allocateInput(input, size);
  fillInput(input)(pixels, target);
  return [...target];
};

describe('pixels on their way into the input tensor', () => {
  it('are taken as they are where the tensor is uint8, NHWC and RGB', () => {
    expect(filled({})).toEqual([10, 20, 30, 40, 50, 255]);
  });

  it('change places for BGR', () => {
    expect(filled({ colorOrder: 'BGR' })).toEqual([30, 20, 10, 255, 50, 40]);
  });

  it('go to one plane a channel for NCHW', () => {
    expect(filled({ layout: 'NCHW' })).toEqual([10, 40, 20, 50, 30, 255]);
    expect(filled({ layout: 'NCHW', colorOrder: 'BGR' })).toEqual([30, 255, 20, 50, 10, 40]);
  });

  it('become (pixel · scale − mean) / std as float32', () => {
    const values = filled({ type: 'float32', scale: 0.5, mean: [1, 2, 3], std: [2, 4, 8] });
    expect(values).toEqual([2, 2, 1.5, 9.5, 5.75, 15.5625]);
  });

  it('are normalised by the mean of the channel that they land in', () => {
    const values = filled({ type: 'float32', layout: 'NCHW', colorOrder: 'BGR', mean: [100, 0, 0] });
    expect(values).toEqual([-70, 155, 20, 50, 10, 40]);
  });

  it('reach ImageNet values to float32 precision', () => {
    const values = filled({ type: 'float32', scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    expect(values[5]).toBeCloseTo((1 - 0.406) / 0.225, 5);
  });
});

it('the shape of the tensor follows the layout', () => {
  expect(inputShape(plain, { width: 8, height: 4 })).toEqual([1, 4, 8, 3]);
  expect(inputShape({ ...plain, layout: 'NCHW' }, { width: 8, height: 4 })).toEqual([1, 3, 4, 8]);
});
