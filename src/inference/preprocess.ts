import type { Size } from '../core/geometry.js';
import { shapeOf } from './layout.js';
import type { ManifestInput } from './manifest.js';
import { allocate, halfBits, type Numbers } from './onnx/element-types.js';

/** What a session's input tensor is made of. */
export type InputData = Numbers;

/** The part of a manifest's input that decides what becomes of a pixel. */
export type PixelFormat = Pick<ManifestInput, 'type' | 'layout' | 'colorOrder' | 'scale' | 'mean' | 'std'>;

/** Fills `target` (the input tensor's values) from `pixels` (RGB24, row-major, as many pixels as the tensor). */
export type FillInput = (pixels: Uint8Array, target: InputData) => void;

/** Shape of the input tensor for a plane of `size`; one picture a run. */
export function inputShape({ layout }: Pick<ManifestInput, 'layout'>, { width, height }: Size): readonly number[] {
  return shapeOf(layout, 3, height, width);
}

export function allocateInput({ type }: Pick<ManifestInput, 'type'>, { width, height }: Size): InputData {
  return allocate(type, width * height * 3) as InputData;
}

/**
 * The conversion that a manifest asks for: (pixel · scale − mean) / std a channel, in the order and layout of the tensor. A
 * byte has 256 values, so each channel's arithmetic is a table made once.
 */
export function fillInput(input: PixelFormat): FillInput {
  const order = input.colorOrder === 'RGB' ? [0, 1, 2] : [2, 1, 0];
  if (input.layout === 'NHWC' && input.type === 'uint8' && input.colorOrder === 'RGB') {
    return (pixels, target) => target.set(pixels);
  }
  const [first, second, third] = [0, 1, 2].map((channel) => channelTable(input, channel)) as [
    InputData,
    InputData,
    InputData,
  ];
  const [a, b, c] = order as [number, number, number];
  if (input.layout === 'NHWC') {
    return (pixels, target) => {
      for (let at = 0; at < target.length; at += 3) {
        target[at] = first[pixels[at + a] as number] as number;
        target[at + 1] = second[pixels[at + b] as number] as number;
        target[at + 2] = third[pixels[at + c] as number] as number;
      }
    };
  }
  return (pixels, target) => {
    const plane = target.length / 3;
    for (let pixel = 0, at = 0; pixel < plane; pixel += 1, at += 3) {
      target[pixel] = first[pixels[at + a] as number] as number;
      target[plane + pixel] = second[pixels[at + b] as number] as number;
      target[2 * plane + pixel] = third[pixels[at + c] as number] as number;
    }
  };
}

/** The tensor's value for each of the 256 values of its `channel`-th channel. */
function channelTable({ type, scale, mean, std }: PixelFormat, channel: number): InputData {
  const [offset, divisor] = [mean[channel] as number, std[channel] as number];
  const table = allocate(type, 256) as InputData;
  for (let pixel = 0; pixel < table.length; pixel += 1) {
    const value = (pixel * scale - offset) / divisor;
    table[pixel] = type === 'float16' ? halfBits(value) : value;
  }
  return table;
}
