import { join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import { WorkerLink } from '../flow/worker-link.js';
import { type Logger, silentLogger } from '../telemetry/logger.js';
import { defaultExecution, usableCpus } from './execution.js';
import { analysisGeometry } from './geometry.js';
import { MODEL_NAME, type ModelFiles, readManifest, verifyChecksum } from './manifest.js';
import { InferencePool } from './pool.js';
import type {
  ExecutionProvider,
  GraphOptimisation,
  SessionMethods,
  SessionSettings,
  SessionWorkerData,
} from './session-protocol.js';

export interface SegmenterOptions {
  /** Folder of one model, or its name in `modelsDir`. */
  readonly model: string;
  /** Folder with one folder a model. */
  readonly modelsDir?: string;
  /** Sessions side by side; computed from the usable CPUs where absent, as are `threads`. */
  readonly workers?: number;
  /** Threads of one network run. */
  readonly threads?: number;
  /** Default: cpu. What the provider can't run falls back to the CPU. */
  readonly provider?: ExecutionProvider;
  /** Default: all. */
  readonly optimisation?: GraphOptimisation;
  /** Longest side in pixels to which pictures are scaled down; the manifest's where absent. */
  readonly longestSide?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/**
 * Loads a model, checks it against its manifest, runs it once and starts its workers.
 * @throws MaskcastError MODEL_NOT_FOUND, MODEL_INVALID, MANIFEST_INVALID, MANIFEST_MISMATCH
 */
export async function createSegmenter(options: SegmenterOptions): Promise<InferencePool> {
  const { clock = systemClock, logger = silentLogger, provider = 'cpu', optimisation = 'all' } = options;
  const files = await readManifest(locateModel(options.model, options.modelsDir));
  await verifyChecksum(files);
  const { manifest } = files;
  const cpus = usableCpus();
  const sensible = defaultExecution(cpus, provider);
  const workers = options.workers ?? sensible.workers;
  const threads = options.threads ?? (options.workers ? Math.max(1, Math.floor(cpus / workers)) : sensible.threads);
  const probe = analysisGeometry(manifest, { width: 1920, height: 1080 }, options.longestSide).analysis;
  const pool = new InferencePool({
    manifest,
    longestSide: options.longestSide,
    workers,
    slot: (index) => ({
      name: `inference-${manifest.name}-${index}`,
      spawn: () => startSession(files, { threads, provider, optimisation }, `inference-${index}`),
      open: { manifest, probe },
      clock,
      logger,
    }),
  });
  await pool.start();
  logger.info({ model: manifest.name, workers, threads, provider, optimisation }, 'network loaded');
  return pool;
}

/** The folder of a model that is given by path or by name. @throws MaskcastError MODEL_NOT_FOUND */
export function locateModel(model: string, modelsDir: string | undefined): string {
  if (/[/\\]/.test(model)) return model;
  if (modelsDir === undefined || !MODEL_NAME.test(model)) {
    throw new MaskcastError('MODEL_NOT_FOUND', `there is no model "${model}"`);
  }
  return join(modelsDir, model);
}

/** A thread with a session of its own. */
export function startSession(
  { modelPath }: Pick<ModelFiles, 'modelPath'>,
  settings: SessionSettings,
  name: string,
): WorkerLink<SessionMethods> {
  const workerData: SessionWorkerData = { modelPath, settings };
  return new WorkerLink<SessionMethods>(new URL('./session-worker.js', import.meta.url), { name, workerData });
}
