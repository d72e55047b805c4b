import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Size } from '../../src/core/geometry.js';
import type { ManifestInput, ModelFiles } from '../../src/inference/manifest.js';
import { type Field, fields, find, textOf } from '../../src/inference/onnx/protobuf.js';
import { allocateInput, inputShape } from '../../src/inference/preprocess.js';

/**
 * In: an ONNX file. Out: its size and the work that one picture is. Always holds: only convolutions count, as in the published
 * figures; a graph with other multiplications says so.
 *
 * Message and field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
export interface GraphCost {
  /** Weights and biases of all convolutions. Batch normalisation is folded into them, so these are slightly fewer than were trained. */
  readonly parameters: number;
  /** One multiplication and one addition each, for one picture. */
  readonly multiplyAdds: number;
  /** Operators that multiply and are not counted, such as MatMul. */
  readonly uncounted: string[];
}

interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface Convolution {
  readonly output: string;
  /** Values of one output pixel's receptive field times output channels: what one pixel of output costs. */
  readonly workPerPixel: number;
  readonly parameters: number;
}

/** @param plane size of the input in pixels, one that the network accepts */
export async function graphCost({ manifest, modelPath }: ModelFiles, plane: Size): Promise<GraphCost> {
  const bytes = await readFile(modelPath);
  const graph = readGraph(bytes);
  const convolutions = convolutionsOf(graph);
  const pixels = await outputPixels(bytes, convolutions, manifest.input, plane);
  return {
    parameters: sum(convolutions.map(({ parameters }) => parameters)),
    multiplyAdds: sum(convolutions.map(({ output, workPerPixel }) => workPerPixel * (pixels.get(output) ?? 0))),
    uncounted: [...new Set(graph.nodes.map(({ op }) => op).filter((op) => OTHER_PRODUCTS.has(op)))],
  };
}

const OTHER_PRODUCTS = new Set([
  'ConvTranspose',
  'MatMul',
  'Gemm',
  'Einsum',
  'LSTM',
  'GRU',
  'ConvInteger',
  'QLinearConv',
]);
/** Operators between a weight and its convolution that don't change its shape. */
const TRANSPARENT = new Set(['DequantizeLinear', 'Identity']);

interface Graph {
  readonly nodes: readonly Node[];
  /** Shape of every weight by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

function readGraph(bytes: Uint8Array): Graph {
  const nodes: Node[] = [];
  const shapes = new Map<string, readonly number[]>();
  for (const { field, value } of messages(find(bytes, 7))) {
    if (field === 1) {
      nodes.push({ op: textOf(find(value, 4)), inputs: textsOf(value, 1), outputs: textsOf(value, 2) });
    }
    if (field === 5) shapes.set(textOf(find(value, 8)), dimensionsOf(value));
  }
  return { nodes, shapes };
}

function convolutionsOf({ nodes, shapes }: Graph): readonly Convolution[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const shapeOf = (name: string): readonly number[] | undefined => {
    const producer = producers.get(name);
    return producer && TRANSPARENT.has(producer.op) ? shapeOf(producer.inputs[0] ?? '') : shapes.get(name);
  };
  return nodes
    .filter(({ op }) => op === 'Conv')
    .map(({ inputs: [, weights = '', bias], outputs: [output = ''] }) => {
      const shape = shapeOf(weights);
      if (!shape) throw new Error(`the weights "${weights}" of a convolution are computed: its work can't be counted`);
      // [output channels, input channels a group, kernel height, kernel width]
      const workPerPixel = product(shape);
      return { output, workPerPixel, parameters: workPerPixel + product((bias && shapeOf(bias)) || [0]) };
    });
}

/** Runs the network once with every convolution's result as an output, since sizes follow from operators in the graph. */
async function outputPixels(
  bytes: Uint8Array,
  convolutions: readonly Convolution[],
  input: ManifestInput,
  plane: Size,
): Promise<ReadonlyMap<string, number>> {
  const session = await InferenceSession.create(
    withOutputs(
      bytes,
      convolutions.map(({ output }) => output),
    ),
    {
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 3,
    },
  );
  try {
    const tensor = new Tensor(input.type, allocateInput(input, plane), inputShape(input, plane));
    const results = await session.run({ [input.tensor]: tensor });
    return new Map(
      convolutions.map(({ output }) => {
        const [, , height = 0, width = 0] = results[output]?.dims ?? [];
        return [output, height * width];
      }),
    );
  } finally {
    await session.release();
  }
}

/** A second `graph` behind the first: a protobuf reader merges the two, so this appends outputs without touching the rest. */
function withOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const present = new Set(
    messages(find(bytes, 7))
      .filter(({ field }) => field === 12)
      .map(({ value }) => textOf(find(value, 1))),
  );
  const added = names.filter((name) => !present.has(name)).map((name) => block(12, block(1, Buffer.from(name))));
  return Buffer.concat([bytes, block(7, Buffer.concat(added))]);
}

/** A field of bytes: key, length, content. */
function block(field: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Uint8Array.of((field << 3) | 2, ...length), content]);
}

function messages(value: Field['value'] | undefined): { readonly field: number; readonly value: Uint8Array }[] {
  if (!(value instanceof Uint8Array)) return [];
  return [...fields(value)].flatMap((entry) =>
    entry.value instanceof Uint8Array ? [{ field: entry.field, value: entry.value }] : [],
  );
}

const textsOf = (message: Uint8Array, wanted: number): readonly string[] =>
  messages(message)
    .filter(({ field }) => field === wanted)
    .map(({ value }) => textOf(value));

/** Dimensions of a tensor: one field each. */
const dimensionsOf = (tensor: Uint8Array): readonly number[] =>
  [...fields(tensor)].flatMap(({ field, value }) => (field === 1 && typeof value === 'bigint' ? [Number(value)] : []));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const product = (values: readonly number[]): number => values.reduce((total, value) => total * value, 1);
