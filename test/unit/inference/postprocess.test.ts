import { describe, expect, it } from 'vitest';
import type { ManifestOutput } from '../../../src/inference/manifest.js';
import { type ElementType, halfBits, type TensorData } from '../../../src/inference/onnx/element-types.js';
import { readOutput } from '../../../src/inference/postprocess.js';

const size = (width: number, height: number) => ({ width, height });

interface Case {
  readonly kind: ManifestOutput['kind'];
  readonly layout?: ManifestOutput['layout'];
  readonly classes?: number;
  readonly channels?: number;
  /** That of the array where absent. */
  readonly type?: ElementType;
  readonly scale?: number;
  readonly values: TensorData;
  readonly output: readonly [number, number];
  readonly content?: readonly [number, number];
}

const typeOf = (values: TensorData): ElementType =>
  values.constructor.name
    .replace(/^Big|Array$/g, '')
    .replace('Array', '')
    .toLowerCase() as ElementType;

const read = ({ kind, layout = 'NCHW', classes = 2, channels = classes, values, output, ...more }: Case) => {
  const { content = output, type = typeOf(values), scale } = more;
  const scores = new Float32Array(classes * content[0] * content[1]).fill(-1);
  readOutput({ tensor: 'out', kind, layout, stride: 1, scale }, type, classes, channels)(
    values,
    size(...output),
    size(...content),
    scores,
  );
  return [...scores].map((value) => Math.round(value * 1000) / 1000);
};

describe('logits', () => {
  it('become probabilities by softmax over the classes of a pixel', () => {
    const values = Float32Array.from([0, Math.log(3), Math.log(3), 0]);
    expect(read({ kind: 'logits', values, output: [2, 1] })).toEqual([0.25, 0.75, 0.75, 0.25]);
  });

  it('may be huge', () => {
    const values = Float32Array.from([1e4, -1e4, 1e4 - Math.log(3), -3e4]);
    expect(read({ kind: 'logits', values, output: [2, 1] })).toEqual([0.75, 1, 0.25, 0]);
  });

  it('that are not numbers say nothing: every class gets the same', () => {
    const values = Float32Array.from([Number.NaN, 1, 0, Infinity]);
    expect(read({ kind: 'logits', values, output: [2, 1] })).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('of one channel are the second class before a sigmoid', () => {
    const values = Float32Array.from([0, Math.log(4), Number.NaN]);
    expect(read({ kind: 'logits', channels: 1, values, output: [3, 1] })).toEqual([0.5, 0.2, 0.5, 0.5, 0.8, 0.5]);
  });
});

describe('probabilities', () => {
  it('of a mask of 0 to 255 are shares of 255', () => {
    const mask = { kind: 'probabilities', channels: 1, scale: 1 / 255, output: [3, 1] } as const;
    expect(read({ ...mask, values: Uint8Array.from([0, 255, 51]) })).toEqual([1, 0, 0.8, 0, 1, 0.2]);
    expect(read({ ...mask, values: BigInt64Array.from([0n, 255n, 51n]) })).toEqual([1, 0, 0.8, 0, 1, 0.2]);
  });

  it.each(['float16', 'float64'] as const)('may be %s', (type) => {
    const numbers = [0.25, 1, 0.75, 0];
    const values = type === 'float64' ? Float64Array.from(numbers) : Uint16Array.from(numbers, halfBits);
    expect(read({ kind: 'probabilities', type, values, output: [2, 1] })).toEqual(numbers);
  });

  it('stay', () => {
    const values = Float32Array.from([0.25, 1, 0.75, 0]);
    expect(read({ kind: 'probabilities', values, output: [2, 1] })).toEqual([0.25, 1, 0.75, 0]);
  });

  it('of independent classes are made to sum to 1', () => {
    const values = Float32Array.from([0.2, 0, 0.6, 0]);
    expect(read({ kind: 'probabilities', values, output: [2, 1] })).toEqual([0.25, 0.5, 0.75, 0.5]);
  });

  it('of one channel are the second class', () => {
    const values = Float32Array.from([0.2, 1.5]);
    expect(read({ kind: 'probabilities', channels: 1, values, output: [2, 1] })).toEqual([0.8, 0, 0.2, 1]);
  });
});

describe('labels', () => {
  it.each([
    ['int64', BigInt64Array.from([0n, 2n, 1n])],
    ['int32', Int32Array.from([0, 2, 1])],
    ['uint8', Uint8Array.from([0, 2, 1])],
    ['float32', Float32Array.from([0, 2, 1])],
  ])('of type %s become certainties', (_, values) => {
    expect(read({ kind: 'labels', classes: 3, channels: 1, values, output: [3, 1] })).toEqual([
      1, 0, 0, 0, 0, 1, 0, 1, 0,
    ]);
  });

  it('outside the classes say nothing', () => {
    const values = BigInt64Array.from([255n, -1n]);
    expect(read({ kind: 'labels', channels: 1, values, output: [2, 1] })).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('that are no whole number say nothing', () => {
    const values = Float32Array.from([Number.NaN, 0.5]);
    expect(read({ kind: 'labels', channels: 1, values, output: [2, 1] })).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

describe('padding', () => {
  // Two classes on 3×2 values, of which the content is 2×1: [a b ·] over [· · ·].
  const planes = [0.1, 0.2, 9, 9, 9, 9, 0.9, 0.8, 9, 9, 9, 9];

  it('is cut off right and below, from planes', () => {
    const values = Float32Array.from(planes);
    expect(read({ kind: 'probabilities', values, output: [3, 2], content: [2, 1] })).toEqual([0.1, 0.2, 0.9, 0.8]);
  });

  it('is cut off below only, from planes', () => {
    const values = Float32Array.from(planes);
    values[2] = 0.5;
    values[8] = 0.5;
    expect(read({ kind: 'probabilities', values, output: [3, 2], content: [3, 1] })).toEqual([
      0.1, 0.2, 0.5, 0.9, 0.8, 0.5,
    ]);
  });

  it('is cut off from interleaved values', () => {
    const values = Float32Array.from([0.1, 0.9, 0.2, 0.8, 9, 9, 9, 9, 9, 9, 9, 9]);
    expect(read({ kind: 'probabilities', layout: 'NHWC', values, output: [3, 2], content: [2, 1] })).toEqual([
      0.1, 0.2, 0.9, 0.8,
    ]);
  });

  it('is cut off from labels', () => {
    const values = Uint8Array.from([0, 1, 1, 1, 0, 1]);
    expect(read({ kind: 'labels', channels: 1, values, output: [3, 2], content: [2, 2] })).toEqual([
      1, 0, 0, 1, 0, 1, 1, 0,
    ]);
  });
});
