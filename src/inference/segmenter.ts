import { readFile } from 'node:fs/promises';
import { usableCpus } from '../config/cpus.js';
import { type Clock, systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import { WorkerLink } from '../flow/worker-link.js';
import { type Logger, silentLogger } from '../telemetry/logger.js';
import { type ExecutionGoal, planExecution } from './execution.js';
import { analysisGeometry } from './geometry.js';
import { readManifest, verifyChecksums } from './manifest.js';
import { locateModel } from './model-names.js';
import { requireDataListed } from './onnx/external-data.js';
import { type OnnxHeader, readOnnxHeader } from './onnx/header.js';
import { InferencePool } from './pool.js';
import { SERVED_STRIDE } from './score-grid.js';
import type {
  ExecutionProvider,
  GraphOptimization,
  SessionMethods,
  SessionSettings,
  SessionWorkerData,
} from './session-protocol.js';

export interface SegmenterOptions {
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
  /** Default: cpu. What the provider can't run falls back to the CPU. */
  readonly executionProvider?: ExecutionProvider | undefined;
  /** Default: all. */
  readonly graphOptimization?: GraphOptimization | undefined;
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
 * @throws MaskcastError MODEL_NOT_FOUND, MODEL_INVALID, MANIFEST_INVALID, MANIFEST_MISMATCH
 */
export async function createSegmenter(options: SegmenterOptions): Promise<InferencePool> {
  const { clock = systemClock, logger = silentLogger } = options;
  const { executionProvider = 'cpu', graphOptimization = 'all', finestStride = SERVED_STRIDE } = options;
  const files = await readManifest(locateModel(options.model, options.modelsDir));
  await verifyChecksums(files);
  const { manifest } = files;
  const title = `the network "${manifest.name}"`;
  requireDataListed(title, await headerOf(files.modelPath, title), manifest.dataFiles);
  const wanted = { workers: number(options.workers), threads: number(options.threads) };
  const { workers, threads } = planExecution(usableCpus(), executionProvider, wanted, options.goal);
  const longestSide = number(options.longestSide);
  const settings = { threads, executionProvider, graphOptimization };
  const pool = new InferencePool({
    manifest,
    longestSide,
    finestStride,
    workers,
    slot: (index) => ({
      name: `${manifest.name}-${index}`,
      spawn: () => startSession(files.modelPath, title, settings),
      open: { manifest, probe: analysisGeometry(manifest, PROBE_SOURCE, longestSide).analysis, finestStride },
      clock,
      logger,
    }),
  });
  await pool.start();
  logger.info({ model: manifest.name, workers, ...settings }, 'network loaded');
  return pool;
}

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
