import { workerData } from 'node:worker_threads';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { ms } from '../core/time.js';
import { serveWorker } from '../flow/worker-server.js';
import { checkFit, checkRun, type Graph, type GraphTensor, type OutputForm, outputShape } from './fit.js';
import type { Manifest } from './manifest.js';
import { allocateOutput, type OutputData, type ReadOutput, readOutput } from './postprocess.js';
import { allocateInput, type FillInput, fillInput, type InputData, inputShape } from './preprocess.js';
import { averageBlocks, scoreGrid } from './score-grid.js';
import {
  EXECUTION_PROVIDERS,
  type ExecutionProvider,
  type OpenRequest,
  type RunRequest,
  type RunTimes,
  type SessionMethods,
  type SessionWorkerData,
  type TrialOutput,
  type TrialRequest,
} from './session-protocol.js';
import { noise, summarise } from './trial.js';

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
  readonly values: OutputData;
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

const { modelPath, settings } = workerData as SessionWorkerData;
let session: InferenceSession | undefined;
let opened: Opened | undefined;

serveWorker<SessionMethods>({ inspect: async () => graphOf(await load()), trial, open, run, release });

async function load(): Promise<InferenceSession> {
  const { executionProvider, threads, graphOptimization } = settings;
  requireProvider(executionProvider);
  try {
    session ??= await InferenceSession.create(modelPath, {
      executionProviders: executionProvider === 'cpu' ? ['cpu'] : [executionProvider, 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: graphOptimization,
      logSeverityLevel: 3,
      // Threads that spin while they wait would take the CPU from decoding and packing.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return session;
  } catch (cause) {
    const { message } = cause as Error;
    if (/AppendExecutionProvider/.test(message)) {
      throw new MaskcastError(
        'CONFIG_INVALID',
        `execution provider ${executionProvider} can't start here: ${message}`,
        {
          cause,
        },
      );
    }
    throw new MaskcastError('MODEL_INVALID', `${modelPath} can't be loaded: ${message}`, { cause });
  }
}

/** onnxruntime drops a provider that its build lacks with a warning and runs on the CPU, at a tenth of the speed. */
function requireProvider(provider: ExecutionProvider): void {
  const built = listSupportedBackends().map(({ name }) => name);
  if (built.includes(provider)) return;
  const allowed = EXECUTION_PROVIDERS.filter((name) => built.includes(name));
  throw new MaskcastError(
    'CONFIG_INVALID',
    `execution provider must be one of ${allowed.join(', ')} on this system; received ${provider}`,
  );
}

async function trial({ tensor, type, shape }: TrialRequest): Promise<readonly TrialOutput[]> {
  const loaded = await load();
  const values = noise(
    type,
    shape.reduce((product, length) => product * length, 1),
  );
  const [height, width] = shape[1] === 3 ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const size: Size = { width: width as number, height: height as number };
  const results = await attempt(() => loaded.run({ [tensor]: new Tensor(type, values, shape) }), size);
  return Object.entries(results).flatMap(([name, result]) =>
    result instanceof Tensor
      ? [summarise(name, result.type, result.dims, result.data as ArrayLike<number | bigint>)]
      : [],
  );
}

async function open({ manifest, probe, finestStride }: OpenRequest): Promise<RunTimes> {
  const loaded = await load();
  const form = checkFit(manifest, graphOf(loaded));
  opened = {
    session: loaded,
    manifest,
    block: scoreGrid(manifest.output.stride, finestStride).block,
    form,
    fill: fillInput(manifest.input),
    read: readOutput(manifest.output, manifest.classes.length, form.channels),
    planes: new Map(),
  };
  const { tensor } = manifest.output;
  const pixels = new Tensor(
    manifest.input.type,
    allocateInput(manifest.input, probe),
    inputShape(manifest.input, probe),
  );
  const started = performance.now();
  const results = await attempt(() => loaded.run({ [manifest.input.tensor]: pixels }, [tensor]), probe);
  const network = ms(performance.now() - started);
  checkRun(manifest, form, probe, (results[tensor] as Tensor).dims);
  return { prepare: ms(0), network, finish: ms(0) };
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
  const values = allocateOutput(
    form.type,
    shape.reduce((product, length) => product * length, 1),
  );
  const { stride } = output;
  const fine = block > 1 ? (manifest.classes.length * size.width * size.height) / stride ** 2 : 0;
  const plane: Plane = {
    pixels,
    values,
    fine: new Float32Array(fine),
    feeds: { [input.tensor]: new Tensor(input.type, pixels, inputShape(input, size)) },
    fetches: { [output.tensor]: new Tensor(form.type, values, shape) },
  };
  planes.set(key, plane);
  const oldest = planes.keys().next();
  if (planes.size > KEPT_SIZES && !oldest.done) planes.delete(oldest.value);
  return plane;
}

async function attempt<Result>(action: () => Promise<Result>, size: Size): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw new MaskcastError(
      'INFERENCE_FAILED',
      `${modelPath} failed on an input of ${size.width}×${size.height}: ${(error as Error).message}`,
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
