import { expect, it } from 'vitest';
import { halfBits, numbersOf } from '../../../../src/inference/onnx/element-types.js';
import { fillInput, type InputData } from '../../../../src/inference/preprocess.js';

const read = (...bits: number[]) => [...numbersOf('float16')(Uint16Array.from(bits))];

it('half precision is read as IEEE 754 has it', () => {
  expect(read(0x0000, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x0400)).toEqual([
    ...[0, 1, -2, 0.333251953125, 65504, 2 ** -24, 2 ** -14],
  ]);
  expect(read(0x7c00, 0xfc00, 0x7e00)).toEqual([Infinity, -Infinity, Number.NaN]);
});

it('every half-precision number is written as it is read', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const values = numbersOf('float16')(all);
  const wrong = [...all].filter((bits) => !Number.isNaN(values[bits]) && halfBits(values[bits] as number) !== bits);
  expect(wrong).toEqual([]);
});

it('a value between two half-precision numbers goes to the nearer one, or to the even one', () => {
  expect([2049, 2051, 2050.9, 65519, 65520, 2 ** -25, 3 * 2 ** -25].map(halfBits)).toEqual([
    ...[0x6800, 0x6802, 0x6801, 0x7bff, 0x7c00, 0x0000, 0x0002],
  ]);
});

it('an input of half precision gets normalised pixels', () => {
  const target = new Uint16Array(3) as InputData;
  const format = {
    layout: 'NHWC',
    colorOrder: 'BGR',
    scale: 1 / 255,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  } as const;
  fillInput({ ...format, type: 'float16', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] })(
    Uint8Array.of(255, 0, 51),
    target,
  );
  expect([...numbersOf('float16')(target)].map((value) => Number(value.toFixed(2)))).toEqual([-0.6, -1, 1]);
});
