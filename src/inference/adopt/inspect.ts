import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import { ms } from '../../core/time.js';
import type { Graph, GraphTensor } from '../fit.js';
import type { Layout } from '../layout.js';
import { INPUT_TYPES, type ManifestInput } from '../manifest.js';
import { requireDataBeside } from '../onnx/external-data.js';
import { type OnnxHeader, readOnnxHeader } from '../onnx/header.js';
import { startSession } from '../segmenter.js';
import type { TrialOutput, TrialRange } from '../session-protocol.js';
import type { SessionLink } from '../session-slot.js';
import { draftOutputs } from './draft-output.js';

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
  readonly type: ManifestInput['type'];
  readonly layout: Layout;
  /** Absent where the size is free. */
  readonly size: Size | undefined;
}

interface Trial {
  readonly plane: Size;
  /** What the sides may be multiples of where this plane works; absent where only this very plane has been seen to work. */
  readonly multipleOf: number | undefined;
}

const multiples = (multipleOf: number, columns: number, rows: number): Trial => ({
  plane: { width: multipleOf * columns, height: multipleOf * rows },
  multipleOf,
});
const only = (width: number, height = width): Trial => ({ plane: { width, height }, multipleOf: undefined });

/**
 * Trials of a network of free size, the likelier first; the first that gives a map of the picture tells. The coarsest features of most
 * networks are at 1/32; transformers cut pictures into patches of 14, or windows of several. Counts of steps are odd, so that a plane
 * for 32 is none for 64; the sides differ, so that an output shows its layout. Some graphs call their size free and are not.
 */
const TRIALS: readonly Trial[] = [
  ...[multiples(32, 11, 5), multiples(14, 17, 11), multiples(32, 23, 13), multiples(48, 7, 5), multiples(64, 5, 3)],
  ...[multiples(28, 11, 7), multiples(96, 5, 3), multiples(56, 7, 5), multiples(128, 5, 3), multiples(112, 5, 3)],
  ...[multiples(192, 3, 1), multiples(224, 3, 1), multiples(256, 3, 1)],
  ...[only(512), only(640), only(1024, 512), only(256), only(224), only(384), only(640, 480), only(320), only(520)],
];

/**
 * @param range what a float input is made for, where that is known: other values may break a network, or never let it end
 * @throws MaskcastError MODEL_NOT_FOUND, MODEL_INVALID (also for a network that takes no pictures), INFERENCE_FAILED, TIMEOUT
 */
export async function inspectModel(path: string, range?: TrialRange): Promise<Inspection> {
  const header = readOnnxHeader(await readBytes(path));
  await requireDataBeside(path, header);
  // Drafts are made from what onnxruntime tells, whatever runs the network later.
  const settings = { engine: 'onnxruntime', threads: 1, executionProvider: 'cpu', graphOptimization: 'all' } as const;
  return { header, ...(await tryOut(startSession(path, basename(path), settings), systemClock, range)) };
}

/** For loading a network, and for one trial. */
const PATIENCE = ms(120_000);

/**
 * What a session tells when it is tried. The session is gone afterwards, or given up where a run in it never ends.
 * @throws MaskcastError MODEL_INVALID, INFERENCE_FAILED, TIMEOUT
 */
export async function tryOut(
  session: SessionLink,
  clock: Clock,
  range?: TrialRange,
): Promise<Omit<Inspection, 'header'>> {
  let stuck = false;
  const inTime = <T>(what: string, work: Promise<T>): Promise<T> => {
    const cancel = clock.after(PATIENCE, () => {
      stuck = true;
      // The work rejects with it. A thread can't be torn out of native code.
      const text = `the network can't be used: ${what} has not ended within ${PATIENCE / 1000} s`;
      void session.abandon(new MaskcastError('TIMEOUT', text));
    });
    return work.finally(cancel);
  };
  try {
    const graph = await inTime('loading it', session.call('inspect', undefined));
    const input = pictureInput(graph);
    const outcome = await firstThatWorks(input, (plane) =>
      inTime(`a trial on ${plane.width}×${plane.height} pixels`, session.call('trial', { input, plane, range })),
    );
    return { graph, ...outcome };
  } finally {
    if (!stuck) {
      await session.call('release', undefined).catch(() => {});
      await session.close();
    }
  }
}

/** @throws what the first trial threw where none gave anything */
async function firstThatWorks(
  input: PictureInput,
  run: (plane: Size) => Promise<readonly TrialOutput[]>,
): Promise<Pick<Inspection, 'input' | 'plane' | 'multipleOf' | 'outputs'>> {
  const trials: readonly Trial[] = input.size ? [{ plane: input.size, multipleOf: 1 }] : TRIALS;
  let failure: unknown;
  let ran: Pick<Inspection, 'input' | 'plane' | 'multipleOf' | 'outputs'> | undefined;
  for (const { plane, multipleOf } of trials) {
    try {
      const outputs = await run(plane);
      const outcome = {
        input: multipleOf === undefined ? { ...input, size: plane } : input,
        ...{ plane, multipleOf: multipleOf ?? 1, outputs },
      };
      if (draftOutputs(outcome).length > 0) return outcome;
      ran ??= outcome;
    } catch (error) {
      if (error instanceof MaskcastError && error.code === 'TIMEOUT') throw error;
      failure ??= error;
    }
  }
  if (ran) return ran;
  throw failure;
}

/** @throws MaskcastError MODEL_INVALID where the graph has anything but one input for RGB pictures */
export function pictureInput(graph: Graph): PictureInput {
  const [tensor, ...others] = graph.inputs;
  if (!tensor || others.length > 0) throw notForPictures(graph.inputs, 'expected one input');
  const { name, type, shape } = tensor;
  if (!isInputType(type)) throw notForPictures([tensor], `expected type ${INPUT_TYPES.join(', ')}`);
  const layout = layoutOf(tensor);
  if (!layout) throw notForPictures([tensor], 'expected shape [1, 3, height, width] or [1, height, width, 3]');
  const [height, width] = layout === 'NCHW' ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const size = typeof height === 'number' && typeof width === 'number' ? { width, height } : undefined;
  if (!size && (typeof height === 'number' || typeof width === 'number')) {
    throw notForPictures([tensor], 'expected both sides fixed or both free');
  }
  return { tensor: name, type, layout, size };
}

const isInputType = (type: string): type is ManifestInput['type'] => (INPUT_TYPES as readonly string[]).includes(type);

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
    throw new MaskcastError('MODEL_NOT_FOUND', `${path} can't be read`, { cause });
  }
}
