import { readFile } from 'node:fs/promises';
import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { Graph, GraphTensor } from './fit.js';
import { type Layout, shapeOf } from './layout.js';
import { type OnnxHeader, readOnnxHeader } from './onnx-header.js';
import { startSession } from './segmenter.js';
import type { TrialOutput } from './session-protocol.js';

/** What an ONNX file tells of itself, without a manifest. */
export interface Inspection {
  readonly header: OnnxHeader;
  readonly graph: Graph;
  readonly input: PictureInput;
  /** Plane of the trial run. */
  readonly plane: Size;
  /** What both sides of a plane should divide by, as far as the trial shows. */
  readonly multipleOf: number;
  readonly outputs: readonly TrialOutput[];
}

/** The input that takes pictures, as far as the graph says. */
export interface PictureInput {
  readonly tensor: string;
  readonly type: 'uint8' | 'float32';
  readonly layout: Layout;
  /** Absent where the size is free. */
  readonly size: Size | undefined;
}

/**
 * Trials of a network of free size, the likelier first: the coarsest features of most networks are at 1/32; transformers cut
 * pictures into patches of 14. The sides differ, so that an output shows its layout.
 */
const TRIALS = [
  { plane: { width: 512, height: 256 }, multipleOf: 32 },
  { plane: { width: 448, height: 224 }, multipleOf: 14 },
] as const;

/** @throws MaskcastError MODEL_NOT_FOUND, MODEL_INVALID (also for a network that takes no pictures), INFERENCE_FAILED */
export async function inspectModel(path: string): Promise<Inspection> {
  const header = readOnnxHeader(await readBytes(path));
  const session = startSession(path, { threads: 1, executionProvider: 'cpu', graphOptimization: 'all' });
  try {
    const graph = await session.call('inspect', undefined);
    const input = pictureInput(graph);
    const trials = input.size ? [{ plane: input.size, multipleOf: 1 }] : TRIALS;
    let failure: unknown;
    for (const { plane, multipleOf } of trials) {
      const shape = shapeOf(input.layout, 3, plane.height, plane.width);
      try {
        const outputs = await session.call('trial', { tensor: input.tensor, type: input.type, shape });
        return { header, graph, input, plane, multipleOf, outputs };
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  } finally {
    await session.call('release', undefined).catch(() => {});
    await session.close();
  }
}

/** @throws MaskcastError MODEL_INVALID where the graph has anything but one input for RGB pictures */
export function pictureInput(graph: Graph): PictureInput {
  const [tensor, ...others] = graph.inputs;
  if (!tensor || others.length > 0) throw notForPictures(graph.inputs, 'expected one input');
  const { name, type, shape } = tensor;
  if (type !== 'uint8' && type !== 'float32') throw notForPictures([tensor], 'expected type uint8 or float32');
  const layout = layoutOf(tensor);
  if (!layout) throw notForPictures([tensor], 'expected shape [1, 3, height, width] or [1, height, width, 3]');
  const [height, width] = layout === 'NCHW' ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const size = typeof height === 'number' && typeof width === 'number' ? { width, height } : undefined;
  if (!size && (typeof height === 'number' || typeof width === 'number')) {
    throw notForPictures([tensor], 'expected both sides fixed or both free');
  }
  return { tensor: name, type, layout, size };
}

/** Three channels stand in second or in last place; a graph that leaves all open is taken for PyTorch's NCHW. */
function layoutOf({ shape }: GraphTensor): Layout | undefined {
  if (shape.length !== 4 || (typeof shape[0] === 'number' && shape[0] !== 1)) return undefined;
  if (shape[1] === 3) return 'NCHW';
  if (shape[3] === 3) return 'NHWC';
  return typeof shape[1] === 'string' ? 'NCHW' : undefined;
}

function notForPictures(tensors: readonly GraphTensor[], expected: string): MaskcastError {
  const has = tensors.map(
    ({ name, type, shape }) =>
      `"${name}" of type ${type} and shape [${shape.map((length) => length || 'free').join(', ')}]`,
  );
  return new MaskcastError(
    'MODEL_INVALID',
    `the network takes no pictures as Maskcast gives them: ${expected}; it has ${has.join(', ') || 'no input'}`,
  );
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MaskcastError('MODEL_NOT_FOUND', `${path} can't be read: ${(cause as Error).message}`, { cause });
  }
}
