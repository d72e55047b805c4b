import { workerData } from 'node:worker_threads';
import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { ms } from '../core/time.js';
import { serveWorker } from '../flow/worker-server.js';
import { requirePlausible } from './adopt/plausible.js';
import { noise, patches } from './adopt/test-pictures.js';
import { summarise, together } from './adopt/trial.js';
import type { BoundRun, EngineSession, OutputValue } from './engines/engine.js';
import { openEngine } from './engines/open.js';
import { checkFit, checkRun, type OutputForm, outputForm, outputShape } from './fit.js';
import type { Manifest } from './manifest.js';
import { allocate, isElementType, numbersOf, type TensorData } from './onnx/element-types.js';
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
  OpenReport,
  OpenRequest,
  RunRequest,
  RunTimes,
  SessionMethods,
  SessionWorkerData,
  TrialOutput,
  TrialRequest,
} from './session-protocol.js';

/**
 * A thread that owns one session of an engine, since a run blocks its thread for its whole length.
 * In: pixels in shared memory. Out: probabilities in shared memory. Always holds: one run at a time; the tensors of a size
 * are allocated once and used again.
 */

/** Sizes whose tensors are kept: streams of a few different shapes take turns without allocating. */
const KEPT_SIZES = 4;

/** The tensors of one input size. */
interface Plane {
  readonly pixels: InputData;
  readonly values: TensorData;
  /** Probabilities at the output's own stride, where they are averaged afterwards; else empty. */
  readonly fine: Float32Array;
  readonly bound: BoundRun;
}

/** A session together with how its manifest says it is fed and read. */
interface Opened {
  readonly session: EngineSession;
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
let session: EngineSession | undefined;
let opened: Opened | undefined;

serveWorker<SessionMethods>({ inspect: async () => (await load()).graph(), trial, open, run, release });

async function load(): Promise<EngineSession> {
  session ??= await openEngine(modelPath, title, settings);
  return session;
}

/** What a float input may be made for: pixels that are normalised about 0 (−2 to 2), and pixels as they are. */
const TRIAL_RANGES = [
  { range: 'normalised', scale: 4 / 255, mean: 2 },
  { range: 'pixels', scale: 1, mean: 0 },
] as const;

async function trial({ input, plane, range }: TrialRequest): Promise<readonly TrialOutput[]> {
  const loaded = await load();
  const wanted = input.type === 'uint8' ? 'pixels' : range;
  const ranges = TRIAL_RANGES.filter((each) => wanted === undefined || each.range === wanted);
  const [first, ...others] = ranges.flatMap(({ scale, mean }) =>
    [noise(plane), patches(plane)].map((pixels) => ({ scale, mean, pixels })),
  );
  const feed = async ({ scale, mean, pixels }: NonNullable<typeof first>) => {
    const format: PixelFormat = { ...input, colorOrder: 'RGB', scale, mean: [mean, mean, mean], std: [1, 1, 1] };
    const results = await runOnce(loaded, input.tensor, format, plane, pixels);
    return Object.entries(results).map(([name, { type, shape, data }]) =>
      data && isElementType(type) ? summarise(name, type, shape, numbersOf(type)(data)) : unreadable(name, type, shape),
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

async function open({ manifest, probe, finestStride }: OpenRequest): Promise<OpenReport> {
  const loaded = await load();
  const { input, output, classes } = manifest;
  checkFit(manifest, loaded.graph([output.tensor]));
  const started = performance.now();
  const results = await runOnce(loaded, input.tensor, input, probe, patches(probe), [output.tensor]);
  const network = ms(performance.now() - started);
  const { type, shape, data } = results[output.tensor] as OutputValue;
  const form = outputForm(manifest, { type, shape });
  checkRun(manifest, form, probe, shape);
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
  return { engine: loaded.engine, network };
}

/** @param pixels RGB24 of `plane` */
async function runOnce(
  loaded: EngineSession,
  tensor: string,
  format: PixelFormat,
  plane: Size,
  pixels: Uint8Array,
  fetches?: readonly string[],
): Promise<Readonly<Record<string, OutputValue>>> {
  const data = allocateInput(format, plane);
  fillInput(format)(pixels, data);
  const input = { name: tensor, type: format.type, shape: inputShape(format, plane), data };
  return attempt(loaded, plane, () => loaded.once(input, fetches));
}

async function run(request: RunRequest): Promise<RunTimes> {
  if (!opened) throw new MaskcastError('INTERNAL', 'the session was not opened');
  const { fill, read, session, manifest, block } = opened;
  const { analysis, content } = request;
  const plane = await planeOf(opened, analysis);
  const begin = performance.now();
  fill(new Uint8Array(request.pixels, request.offset, analysis.width * analysis.height * 3), plane.pixels);
  const filled = performance.now();
  await attempt(session, analysis, () => plane.bound.run());
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
  for (const { bound } of opened?.planes.values() ?? []) bound.release();
  opened = undefined;
  await session?.release();
  session = undefined;
}

async function planeOf({ session, manifest, block, form, planes }: Opened, size: Size): Promise<Plane> {
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
  const bound = await attempt(session, size, () =>
    session.bind(
      { name: input.tensor, type: input.type, shape: inputShape(input, size), data: pixels },
      { name: output.tensor, type: form.type, shape, data: values },
    ),
  );
  const plane: Plane = { pixels, values, fine: new Float32Array(fine), bound };
  planes.set(key, plane);
  const [oldest] = planes;
  if (planes.size > KEPT_SIZES && oldest) {
    planes.delete(oldest[0]);
    oldest[1].bound.release();
  }
  return plane;
}

async function attempt<Result>(
  { reasonOf }: Pick<EngineSession, 'reasonOf'>,
  size: Size,
  action: () => Promise<Result>,
): Promise<Result> {
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
