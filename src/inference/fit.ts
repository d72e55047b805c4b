import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { shapeOf } from './layout.js';
import type { Manifest } from './manifest.js';
import type { ElementType } from './onnx/element-types.js';
import { OUTPUT_TYPES } from './postprocess.js';

/**
 * In: a manifest, and what the graph says of its tensors. Out: what a session needs to allocate and read the output.
 * Always holds: a manifest that passes names tensors that exist, with types, ranks and fixed dimensions that agree.
 */

export interface GraphTensor {
  readonly name: string;
  /** Element type as onnxruntime calls it, for instance `float32`; `no tensor` for a sequence or map. */
  readonly type: string;
  /** A number for a fixed dimension, a name for a free one; empty when the graph doesn't say. */
  readonly shape: readonly (number | string)[];
}

export interface Graph {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
}

/** What a dimension has to be: this number; open until the run (`free`); or the run will show it (`any`). */
type Length = number | 'free' | 'any';

/** How the output tensor is to be allocated and read. */
export interface OutputForm {
  readonly type: ElementType;
  /** Whether there is a batch dimension, of length 1, and one of channels; a graph may leave out either. */
  readonly batch: boolean;
  readonly channel: boolean;
  /** Values a pixel: the number of classes; 1 for labels and for two classes told apart by one value. */
  readonly channels: number;
}

/** @throws MaskcastError MANIFEST_MISMATCH with the tensor's name, what it has and what was expected */
export function checkFit(manifest: Manifest, graph: Graph): OutputForm {
  const { input, output } = manifest;
  const inputTensor = find(graph.inputs, input.tensor, 'input');
  if (graph.inputs.length > 1) {
    throw new MaskcastError(
      'MANIFEST_MISMATCH',
      `the graph has ${graph.inputs.length} inputs (${names(graph.inputs)}); expected one that takes pictures`,
    );
  }
  const { size } = input;
  const [height, width] = size.kind === 'fixed' ? [size.height, size.width] : (['free', 'free'] as const);
  expectType(inputTensor, 'input', [input.type]);
  expectShape(inputTensor, 'input', shapeOf<Length>(input.layout, 3, height, width));

  const outputTensor = find(graph.outputs, output.tensor, 'output');
  expectType(outputTensor, 'output', OUTPUT_TYPES[output.kind]);
  const form = outputForm(manifest, outputTensor);
  const scaled = (length: number | 'free') => (length === 'free' ? 'any' : length / output.stride);
  expectShape(outputTensor, 'output', arrange<Length>(manifest, form, scaled(height), scaled(width)));
  return form;
}

/** How a tensor of this shape is read; where the graph leaves its shape open, that of a run tells. */
export function outputForm({ output, classes }: Manifest, { type, shape }: Omit<GraphTensor, 'name'>): OutputForm {
  const rank = shape.length;
  const place = output.layout === 'NCHW' ? -3 : -1;
  const said = rank >= 3 ? shape.at(place) : 1;
  const mayBeOne = output.kind === 'labels' || classes.length === 2;
  // [1, height, width] and [height, width] have one value a pixel; of three dimensions any other first one counts the classes.
  const single = output.kind === 'labels' || (mayBeOne && (said === 1 || (rank === 3 && typeof said === 'string')));
  const channels = single ? 1 : classes.length;
  if (rank === 2) return { type: type as ElementType, batch: false, channel: false, channels };
  const flat = rank === 3 && single && output.layout === 'NCHW';
  return { type: type as ElementType, batch: rank !== 3 || flat, channel: !flat, channels };
}

/** Shape of the output tensor for an input plane of `size` pixels. */
export function outputShape(manifest: Manifest, form: OutputForm, size: Size): readonly number[] {
  const { stride } = manifest.output;
  return arrange<number>(manifest, form, size.height / stride, size.width / stride);
}

/**
 * Compares the shape that a run gave with what the manifest lets expect: free dimensions show their value only then.
 * @throws MaskcastError MANIFEST_MISMATCH
 */
export function checkRun(manifest: Manifest, form: OutputForm, size: Size, shape: readonly number[]): void {
  const expected = outputShape(manifest, form, size);
  if (shape.length === expected.length && shape.every((length, index) => length === expected[index])) return;
  const { tensor, layout, stride } = manifest.output;
  throw new MaskcastError(
    'MANIFEST_MISMATCH',
    `output "${tensor}" has shape [${shape.join(', ')}] for an input of ${size.width}×${size.height}; expected ` +
      `[${expected.join(', ')}] (${manifest.classes.length} classes, ${layout}, stride ${stride})`,
  );
}

function arrange<Length>(
  { output }: Manifest,
  { batch, channel, channels }: OutputForm,
  height: Length,
  width: Length,
): readonly (Length | number)[] {
  const picture = channel ? shapeOf<Length | number>(output.layout, channels, height, width).slice(1) : [height, width];
  return batch ? [1, ...picture] : picture;
}

function find(tensors: readonly GraphTensor[], name: string, role: string): GraphTensor {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (tensor) return tensor;
  throw new MaskcastError(
    'MANIFEST_MISMATCH',
    `the manifest names ${role} "${name}"; the graph's ${role}s are ${names(tensors)}`,
  );
}

function expectType(tensor: GraphTensor, role: string, allowed: readonly string[]): void {
  if (allowed.includes(tensor.type)) return;
  throw new MaskcastError(
    'MANIFEST_MISMATCH',
    `${role} "${tensor.name}" has type ${tensor.type}; expected ${allowed.join(' or ')}`,
  );
}

function expectShape(tensor: GraphTensor, role: string, expected: readonly Length[]): void {
  if (tensor.shape.length === 0) return;
  const fits =
    tensor.shape.length === expected.length &&
    tensor.shape.every((length, index) => {
      const wanted = expected[index];
      return typeof length === 'string' || wanted === 'any' || length === wanted;
    });
  if (fits) return;
  throw new MaskcastError(
    'MANIFEST_MISMATCH',
    `${role} "${tensor.name}" has shape [${tensor.shape.map((length) => length || 'free').join(', ')}]; expected [${expected.join(', ')}]`,
  );
}

const names = (tensors: readonly GraphTensor[]) => tensors.map((tensor) => `"${tensor.name}"`).join(', ') || 'none';
