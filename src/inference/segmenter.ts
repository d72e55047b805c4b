import { readFile } from 'node:fs/promises';
import { usableCpus } from '../config/cpus.js';
import { type Clock, systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import { WorkerLink } from '../flow/worker-link.js';
import { type Logger, silentLogger } from '../telemetry/logger.js';
import { type EngineWish, planEngine, runsOnCpu } from './engines/choose.js';
import { type ExecutionGoal, planExecution } from './execution.js';
import { analysisGeometry } from './geometry.js';
import { type Manifest, type ModelFiles, readManifest, verifyChecksums } from './manifest.js';
import { locateModel } from './model-names.js';
import { requireDataListed } from './onnx/external-data.js';
import { type OnnxHeader, readOnnxHeader } from './onnx/header.js';
import { InferencePool } from './pool.js';
import { SERVED_STRIDE } from './score-grid.js';
import type { EngineChoice, SessionMethods, SessionSettings, SessionWorkerData } from './session-protocol.js';

export interface SegmenterOptions extends EngineWish {
  /** Folder of one model, or its name in `modelsDir`. */
  readonly model: string;
  /** Folder with one folder a model. */
  readonly modelsDir?: string | undefined;
  /** Sessions side by side. `auto`, and absent: computed from the CPUs that the process may use. */
  readonly workers?: number | 'auto' | undefined;
  /** Threads of one network run. `auto`, and absent: computed likewise. */
  readonly threads?: number | 'auto' | undefined;
  /** What `auto` aims at. Default: latency. */
  readonly goal?: ExecutionGoal | undefined;
  /** Longest side in pixels to which pictures are scaled down. `auto`, and absent: the manifest's. */
  readonly longestSide?: number | 'auto' | undefined;
  /**
   * Pixels of the input that one score stands for, at least; finer outputs are averaged in blocks. Absent: 4, as viewers get them. An
   * evaluation takes 1, which judges a network by its own output.
   */
  readonly finestStride?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Loads a model, checks it against its manifest, runs it once and starts its workers.
 * @throws MaskcastError MODEL_NOT_FOUND, MODEL_INVALID, MANIFEST_INVALID, MANIFEST_MISMATCH, ENGINE_UNAVAILABLE
 */
export async function createSegmenter(options: SegmenterOptions): Promise<InferencePool> {
  const { clock = systemClock, logger = silentLogger } = options;
  const files = await readManifest(locateModel(options.model, options.modelsDir));
  await verifyChecksums(files);
  const { manifest } = files;
  const title = titleOf(manifest);
  requireDataListed(title, await headerOf(files.modelPath, title), manifest.dataFiles);
  const { first, otherwise, because } = await planEngine(options);
  const start = (choice: EngineChoice) => startPool(files, choice, { ...options, clock, logger });
  if (because) logger.warn({ model: manifest.name, err: because }, INSTEAD);
  if (!otherwise) return start(first);
  try {
    return await start(first);
  } catch (error) {
    const pool = await start(otherwise);
    // Where the other engine fails as well, the network is to blame, and the error is that of the engine whose words people know.
    logger.warn({ model: manifest.name, err: error }, INSTEAD);
    return pool;
  }
}

const INSTEAD = 'OpenVINO is here but not used: onnxruntime runs this network';

async function startPool(
  { manifest, modelPath }: ModelFiles,
  choice: EngineChoice,
  options: SegmenterOptions & { readonly clock: Clock; readonly logger: Logger },
): Promise<InferencePool> {
  const { goal, finestStride = SERVED_STRIDE, clock, logger } = options;
  const wanted = { workers: number(options.workers), threads: number(options.threads) };
  const { workers, threads } = planExecution(usableCpus(), runsOnCpu(choice), wanted, goal);
  const longestSide = number(options.longestSide);
  const settings = { ...choice, threads };
  const pool = new InferencePool({
    manifest,
    longestSide,
    finestStride,
    workers,
    slot: (index) => ({
      name: `${manifest.name}-${index}`,
      spawn: () => startSession(modelPath, titleOf(manifest), settings),
      open: { manifest, probe: analysisGeometry(manifest, PROBE_SOURCE, longestSide).analysis, finestStride },
      clock,
      logger,
    }),
  });
  await pool.start();
  logger.info({ model: manifest.name, workers, ...settings, ...pool.engine }, 'network loaded');
  return pool;
}

const titleOf = ({ name }: Manifest) => `the network "${name}"`;

async function headerOf(path: string, title: string): Promise<OnnxHeader> {
  const bytes = await readFile(path);
  try {
    return readOnnxHeader(bytes);
  } catch (cause) {
    throw new MaskcastError('MODEL_INVALID', `${title} can't be loaded: it is no complete ONNX file`, { cause });
  }
}

/** The picture that the first run stands for: most cameras have this shape. */
const PROBE_SOURCE = { width: 1920, height: 1080 };

const number = (value: number | 'auto' | undefined) => (value === 'auto' ? undefined : value);

/** A thread with a session of its own. @param title what to call the network in errors */
export function startSession(modelPath: string, title: string, settings: SessionSettings): WorkerLink<SessionMethods> {
  const workerData: SessionWorkerData = { modelPath, title, settings };
  return new WorkerLink<SessionMethods>(new URL('./session-worker.js', import.meta.url), {
    name: 'inference',
    workerData,
  });
}
