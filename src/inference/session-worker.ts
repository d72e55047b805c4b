import { workerData } from 'node:worker_threads';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { ms } from '../core/time.js';
import { serveWorker } from '../flow/worker-server.js';
import { requirePlausible } from './adopt/plausible.js';
import { noise, patches } from './adopt/test-pictures.js';
import { summarise, together } from './adopt/trial.js';
import { checkFit, checkRun, type Graph, type GraphTensor, type OutputForm, outputForm, outputShape } from './fit.js';
import { loadSession } from './load-session.js';
import type { Manifest } from './manifest.js';
import { allocate, type ElementType, isElementType, numbersOf, type TensorData } from './onnx/element-types.js';
import { reasonOf } from './onnx/errors.js';
import { type ReadOutput, readOutput } from './postprocess.js';
import {
  allocateInput,
  type FillInput,
  fillInput,
  type InputData,
  inputShape,
  type PixelFormat,
} from './preprocess.js';
import { averageBlocks, scoreGrid } from './score-grid.js';
import type {
  OpenRequest,
  RunRequest,
  RunTimes,
  SessionMethods,
  SessionWorkerData,
  TrialOutput,
  TrialRequest,
} from './session-protocol.js';

/**
 * A thread that owns one onnxruntime session, since `session.run` blocks its thread for the whole run.
 * In: pixels in shared memory. Out: probabilities in shared memory. Always holds: one run at a time; the tensors of a size
 * are allocated once and used again.
 *
 * onnxruntime refuses tensors over shared memory ("Invalid argument"), hence the copy in; the way out converts anyway.
 */

/** Sizes whose tensors are kept: streams of a few different shapes take turns without allocating. */
const KEPT_SIZES = 4;

/** The tensors of one input size. */
interface Plane {
  readonly pixels: InputData;
  readonly values: TensorData;
  /** Probabilities at the output's own stride, where they are averaged afterwards; else empty. */
  readonly fine: Float32Array;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly fetches: Readonly<Record<string, Tensor>>;
}

/** A session together with how its manifest says it is fed and read. */
interface Opened {
  readonly session: InferenceSession;
  readonly manifest: Manifest;
  /** Values of the output a score, in each direction. */
  readonly block: number;
  readonly form: OutputForm;
  readonly fill: FillInput;
  readonly read: ReadOutput;
  /** By size; the least recently used comes first. */
  readonly planes: Map<string, Plane>;
}

const { modelPath, title, settings } = workerData as SessionWorkerData;
let session: InferenceSession | undefined;
let opened: Opened | undefined;

serveWorker<SessionMethods>({ inspect: async () => graphOf(await load()), trial, open, run, release });

async function load(): Promise<InferenceSession> {
  session ??= await loadSession(modelPath, title, settings);
  return session;
}

/** What a float input may be made for: pixels that are normalised about 0 (−2 to 2), and pixels as they are. */
const TRIAL_RANGES = [
  { scale: 4 / 255, mean: 2 },
  { scale: 1, mean: 0 },
] as const;

async function trial({ input, plane }: TrialRequest): Promise<readonly TrialOutput[]> {
  const loaded = await load();
  const ranges = input.type === 'uint8' ? TRIAL_RANGES.slice(1) : TRIAL_RANGES;
  const [first, ...others] = ranges.flatMap(({ scale, mean }) =>
    [noise(plane), patches(plane)].map((pixels) => ({ scale, mean, pixels })),
  );
  const feed = async ({ scale, mean, pixels }: NonNullable<typeof first>) => {
    const format: PixelFormat = { ...input, colorOrder: 'RGB', scale, mean: [mean, mean, mean], std: [1, 1, 1] };
    const results = await runOnce(loaded, input.tensor, format, plane, pixels);
    return Object.entries(results).flatMap(([name, { type, dims, data }]) =>
      isElementType(type)
        ? [summarise(name, type, dims, numbersOf(type)(data as TensorData))]
        : [unreadable(name, type, dims)],
    );
  };
  if (!first) return [];
  const runs = [await feed(first)];
  for (const other of others) {
    // Values that the network isn't made for may break it.
    const outputs = await feed(other).catch(() => undefined);
    if (outputs) runs.push(outputs);
  }
  return together(runs);
}

/** An output of texts, of 4-bit numbers and the like. */
const unreadable = (name: string, type: string, shape: readonly number[]): TrialOutput => ({
  ...{
    name,
    type,
    shape,
    min: Number.NaN,
    max: Number.NaN,
    whole: false,
    unusable: 0,
    values: undefined,
    sumsToOne: [],
  },
});

async function open({ manifest, probe, finestStride }: OpenRequest): Promise<RunTimes> {
  const loaded = await load();
  const { input, output, classes } = manifest;
  const graph = graphOf(loaded);
  checkFit(manifest, graph);
  const started = performance.now();
  const results = await runOnce(loaded, input.tensor, input, probe, patches(probe), [output.tensor]);
  const network = ms(performance.now() - started);
  const { type, dims, data } = results[output.tensor] as Tensor;
  const form = outputForm(manifest, { type, shape: dims });
  checkRun(manifest, form, probe, dims);
  requirePlausible(manifest, form.channels, numbersOf(form.type)(data as TensorData));
  opened = {
    session: loaded,
    manifest,
    block: scoreGrid(output.stride, finestStride).block,
    form,
    fill: fillInput(input),
    read: readOutput(output, form.type, classes.length, form.channels),
    planes: new Map(),
  };
  return { prepare: ms(0), network, finish: ms(0) };
}

/** @param pixels RGB24 of `plane` */
async function runOnce(
  loaded: InferenceSession,
  tensor: string,
  format: PixelFormat,
  plane: Size,
  pixels: Uint8Array,
  fetches?: readonly string[],
): Promise<Readonly<Record<string, Tensor>>> {
  const values = allocateInput(format, plane);
  fillInput(format)(pixels, values);
  const feeds = { [tensor]: tensorOver(format.type, values, inputShape(format, plane)) };
  const results = await attempt(() => (fetches ? loaded.run(feeds, fetches) : loaded.run(feeds)), plane);
  return Object.fromEntries(Object.entries(results).filter(([, value]) => value instanceof Tensor)) as Record<
    string,
    Tensor
  >;
}

async function run(request: RunRequest): Promise<RunTimes> {
  if (!opened) throw new MaskcastError('INTERNAL', 'the session was not opened');
  const { fill, read, session, manifest, block } = opened;
  const { analysis, content } = request;
  const plane = planeOf(opened, analysis);
  const begin = performance.now();
  fill(new Uint8Array(request.pixels, request.offset, analysis.width * analysis.height * 3), plane.pixels);
  const filled = performance.now();
  await attempt(() => session.run(plane.feeds, plane.fetches), analysis);
  const ran = performance.now();
  const { stride } = manifest.output;
  const size: Size = { width: analysis.width / stride, height: analysis.height / stride };
  const scores = new Float32Array(request.scores, 0, manifest.classes.length * content.width * content.height);
  if (block === 1) {
    read(plane.values, size, content, scores);
  } else {
    const fine: Size = { width: content.width * block, height: content.height * block };
    const probabilities = plane.fine.subarray(0, manifest.classes.length * fine.width * fine.height);
    read(plane.values, size, fine, probabilities);
    averageBlocks(probabilities, block, content, scores);
  }
  return { prepare: ms(filled - begin), network: ms(ran - filled), finish: ms(performance.now() - ran) };
}

async function release(): Promise<void> {
  opened = undefined;
  await session?.release();
  session = undefined;
}

function planeOf({ manifest, block, form, planes }: Opened, size: Size): Plane {
  const key = `${size.width}×${size.height}`;
  const kept = planes.get(key);
  if (kept) {
    planes.delete(key);
    planes.set(key, kept);
    return kept;
  }
  const { input, output } = manifest;
  const pixels = allocateInput(input, size);
  const shape = outputShape(manifest, form, size);
  const values = allocate(
    form.type,
    shape.reduce((product, length) => product * length, 1),
  );
  const { stride } = output;
  const fine = block > 1 ? (manifest.classes.length * size.width * size.height) / stride ** 2 : 0;
  const plane: Plane = {
    pixels,
    values,
    fine: new Float32Array(fine),
    feeds: { [input.tensor]: tensorOver(input.type, pixels, inputShape(input, size)) },
    fetches: { [output.tensor]: tensorOver(form.type, values, shape) },
  };
  planes.set(key, plane);
  const oldest = planes.keys().next();
  if (planes.size > KEPT_SIZES && !oldest.done) planes.delete(oldest.value);
  return plane;
}

/** The constructor's types want a literal for each element type. */
const tensorOver = (type: ElementType, values: TensorData, shape: readonly number[]): Tensor =>
  new Tensor(type as 'float32', values as Float32Array, shape);

async function attempt<Result>(action: () => Promise<Result>, size: Size): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw new MaskcastError(
      'INFERENCE_FAILED',
      `${title} fails on an input of ${size.width}×${size.height}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

function graphOf({ inputMetadata, outputMetadata }: InferenceSession): Graph {
  return { inputs: inputMetadata.map(tensorOf), outputs: outputMetadata.map(tensorOf) };
}

function tensorOf(metadata: InferenceSession.ValueMetadata): GraphTensor {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'no tensor', shape: [] };
}
