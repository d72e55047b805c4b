import type { Size } from '../core/geometry.js';
import type { ManifestOutput } from './manifest.js';
import { type ElementType, FLOAT_TYPES, type Numbers, numbersOf, type TensorData } from './onnx/element-types.js';

/**
 * Turns an output tensor into probabilities of the content: `scores` is CHW, `classes · content.height · content.width`
 * values of which those of one pixel sum to 1. `output` and `content` are sizes in values of the output, not pixels.
 */
export type ReadOutput = (values: TensorData, output: Size, content: Size, scores: Float32Array) => void;

const INTEGER_TYPES = ['uint8', 'int8', 'uint16', 'int16', 'int32', 'uint32', 'int64', 'uint64', 'bool'] as const;

export const OUTPUT_TYPES: Readonly<Record<ManifestOutput['kind'], readonly ElementType[]>> = {
  logits: FLOAT_TYPES,
  probabilities: [...FLOAT_TYPES, ...INTEGER_TYPES],
  labels: [...INTEGER_TYPES, ...FLOAT_TYPES],
};

/**
 * The reader for a kind of output.
 * @param type of the output tensor's elements
 * @param channels of the output tensor; 1 for labels, and for a network of two classes that gives the second one only
 */
export function readOutput(
  { kind, layout, scale = 1 }: ManifestOutput,
  type: ElementType,
  classes: number,
  channels: number,
): ReadOutput {
  const numbers = numbersOf(type);
  if (kind === 'labels') {
    return (values, output, content, scores) => oneHot(numbers(values), output, content, classes, scores);
  }
  const gather = layout === 'NCHW' ? cropPlanes : cropInterleaved;
  const finish = kind === 'logits' ? softmax : normalise;
  return (values, output, content, scores) => {
    if (channels === 1) {
      cropPlanes(numbers(values), output, content, 1, scores.subarray(scores.length / 2));
      complement(scores, kind === 'logits', scale);
      return;
    }
    gather(numbers(values), output, content, classes, scores);
    finish(scores, classes);
  };
}

/** CHW of `output` → CHW of `content`. */
function cropPlanes(values: Numbers, output: Size, content: Size, classes: number, target: Float32Array): void {
  const plane = output.width * output.height;
  if (output.width === content.width) {
    const kept = content.width * content.height;
    for (let index = 0; index < classes; index += 1) {
      target.set(values.subarray(index * plane, index * plane + kept), index * kept);
    }
    return;
  }
  let at = 0;
  for (let index = 0; index < classes; index += 1) {
    for (let row = 0; row < content.height; row += 1) {
      const start = index * plane + row * output.width;
      target.set(values.subarray(start, start + content.width), at);
      at += content.width;
    }
  }
}

/** HWC of `output` → CHW of `content`. */
function cropInterleaved(values: Numbers, output: Size, content: Size, classes: number, target: Float32Array): void {
  const plane = content.width * content.height;
  let pixel = 0;
  for (let row = 0; row < content.height; row += 1) {
    let from = row * output.width * classes;
    for (let column = 0; column < content.width; column += 1) {
      for (let index = 0; index < classes; index += 1) target[index * plane + pixel] = values[from++] as number;
      pixel += 1;
    }
  }
}

/** exp(score − max) / Σ exp(score − max) over the classes of each pixel, in place; the maximum keeps exp in range. */
export function softmax(scores: Float32Array, classes: number): void {
  const plane = scores.length / classes;
  const values = new Float64Array(classes);
  for (let pixel = 0; pixel < plane; pixel += 1) {
    let max = -Infinity;
    for (let index = 0, at = pixel; index < classes; index += 1, at += plane) {
      const value = scores[at] as number;
      if (value > max) max = value;
    }
    let sum = 0;
    for (let index = 0, at = pixel; index < classes; index += 1, at += plane) {
      const value = Math.exp((scores[at] as number) - max);
      values[index] = value;
      sum += value;
    }
    // A NaN or an infinity that got out of here would stay in the temporal engine's memory for ever.
    const known = sum > 0 && sum < Infinity;
    for (let index = 0, at = pixel; index < classes; index += 1, at += plane) {
      scores[at] = known ? (values[index] as number) / sum : 1 / classes;
    }
  }
}

/** Divides each pixel's probabilities by their sum, in place: independent sigmoids and rounding leave it off 1. */
function normalise(scores: Float32Array, classes: number): void {
  const plane = scores.length / classes;
  for (let pixel = 0; pixel < plane; pixel += 1) {
    let sum = 0;
    for (let at = pixel; at < scores.length; at += plane) sum += Math.max(0, scores[at] as number);
    const known = sum > 0 && sum < Infinity;
    for (let at = pixel; at < scores.length; at += plane) {
      scores[at] = known ? Math.max(0, scores[at] as number) / sum : 1 / classes;
    }
  }
}

/** Completes two classes from the second one's plane, which lies in the upper half of `scores`. */
function complement(scores: Float32Array, logits: boolean, scale: number): void {
  const plane = scores.length / 2;
  for (let pixel = 0; pixel < plane; pixel += 1) {
    const value = scores[plane + pixel] as number;
    const second = logits ? 1 / (1 + Math.exp(-value)) : Math.min(1, Math.max(0, value * scale));
    const known = Number.isNaN(second) ? 0.5 : second;
    scores[pixel] = 1 - known;
    scores[plane + pixel] = known;
  }
}

/** Class indices → probability 1 of that class. What is no class's index says nothing: every class gets the same. */
function oneHot(values: Numbers, output: Size, content: Size, classes: number, scores: Float32Array): void {
  const plane = content.width * content.height;
  scores.fill(0);
  let pixel = 0;
  for (let row = 0; row < content.height; row += 1) {
    const start = row * output.width;
    for (let column = 0; column < content.width; column += 1) {
      const label = values[start + column] as number;
      if (Number.isInteger(label) && label >= 0 && label < classes) scores[label * plane + pixel] = 1;
      else for (let at = pixel; at < scores.length; at += plane) scores[at] = 1 / classes;
      pixel += 1;
    }
  }
}
