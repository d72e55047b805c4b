import { join } from 'node:path';
import { configured } from './app/configured.js';
import { lockDataDir } from './app/data-lock.js';
import { gauges } from './app/gauges.js';
import { createReadiness } from './app/readiness.js';
import { createStreams } from './app/streams.js';
import type { Config } from './config/load.js';
import { StreamStore } from './config/stream-store.js';
import { type Clock, systemClock } from './core/clock.js';
import { ViewerLimits } from './delivery/access/viewer-limits.js';
import { jobOperations } from './delivery/http/jobs.js';
import { jobDatasetOperations } from './delivery/http/jobs-datasets.js';
import { jobInputOperations } from './delivery/http/jobs-inputs.js';
import { jobResultOperations } from './delivery/http/jobs-results.js';
import { createDeliveryServer } from './delivery/server.js';
import { jobSocket } from './delivery/sockets/job-socket.js';
import { closeInOrder } from './flow/close-in-order.js';
import { freeMemory } from './flow/free-memory.js';
import { locateModel, modelNameOf, namedFolders } from './inference/model-names.js';
import { createSegmenter } from './inference/segmenter.js';
import { createJobs, type Jobs } from './jobs/create.js';
import { ModelRegistry } from './live/model-registry.js';
import type { StreamManager } from './live/stream-manager.js';
import { requireTools } from './media/require-tools.js';
import type { Logger } from './telemetry/logger.js';
import { Metrics } from './telemetry/metrics.js';
import { createTemporalWorkers } from './temporal/remote-engine.js';

export interface AppPaths {
  /** The viewer page, built. */
  readonly publicDir: string;
  readonly modelsDir: string;
  /** Where the server keeps what it must not forget; one server's at a time. */
  readonly dataDir: string;
}

export interface App {
  readonly streams: StreamManager;
  /** Loads the models of the streams, starts these, then listens. @throws MaskcastError */
  start(): Promise<{ readonly port: number; readonly address: string }>;
  /** Parent to child: viewers first, then streams, then workers; see docs/closing.md. Idempotent. */
  close(): Promise<void>;
}

/** Puts the live server together; nothing runs before `start`. */
export function createApp(config: Config, paths: AppPaths, logger: Logger): App {
  const clock = systemClock;
  const metrics = new Metrics();
  const store = new StreamStore(join(paths.dataDir, 'streams.json'));
  const { models, folderOf } = createModels(config, paths.modelsDir, clock, logger);
  const temporal = createTemporalWorkers({ logger });
  const streams = createStreams({ config, store, models, temporal, metrics, clock, logger });
  const jobs = config.jobs.enabled
    ? createJobs({
        ...{ config, models, clock, logger },
        dataDir: paths.dataDir,
        folderOf,
        onFrames: (count) => metrics.onJobFrames(count),
      })
    : undefined;

  let unlock: (() => Promise<void>) | undefined;
  const server = createDeliveryServer({
    config: config.server,
    publicDir: paths.publicDir,
    streams,
    readiness: createReadiness({
      models,
      tools: [config.ingest.ffmpeg, config.ingest.ffprobe],
      // A data folder that can't be written was said to be so at the start; nothing is kept there.
      folders: () => [...(unlock ? [paths.dataDir] : []), ...(jobs ? [jobs.folder] : [])],
      clock,
    }),
    metrics,
    logger,
    clock,
    ...(jobs && jobInterface(jobs, config, clock)),
  });

  metrics.watch(gauges({ streams, server, models, jobs }));

  let closing: Promise<void> | undefined;
  let jobsClosed: Promise<void> | undefined;
  return {
    streams,
    async start() {
      await requireTools([config.ingest.ffmpeg, config.ingest.ffprobe]);
      unlock = await lockDataDir(config, paths.dataDir, logger);
      await models.scan();
      const stored = store.load();
      const definitions = configured(config);
      for (const { model } of definitions) models.require(model);
      // Kept for as long as the server runs: most streams use it, and what is added shall show at once.
      await models.borrow();
      for (const definition of definitions) streams.open(definition);
      streams.restore(stored);
      await jobs?.start();
      return server.listen();
    },
    close() {
      closing ??= closeInOrder([
        // Begins at once, though it is a child: it ends the event streams that the server would wait for.
        async () => {
          jobsClosed = jobs?.close();
          jobsClosed?.catch(() => {}); // told below
        },
        () => server.close(),
        () => streams.close(),
        async () => jobsClosed,
        () => temporal.close(),
        () => models.close(),
        async () => unlock?.(),
      ]);
      return closing;
    },
  };
}

/** The networks of the folder of models and of the configuration, and where each lies. */
function createModels(config: Config, modelsDir: string, clock: Clock, logger: Logger) {
  const folders = namedFolders([config.model, ...config.streams.map(({ model }) => model)]);
  const folderOf = (model: string) => folders.get(model) ?? locateModel(model, modelsDir);
  const models = new ModelRegistry({
    modelsDir,
    folders,
    defaultModel: modelNameOf(config.model),
    load: (model) => createSegmenter({ model: folderOf(model), ...config.inference, clock, logger }),
    freeMemory,
    clock,
    logger,
  });
  return { models, folderOf };
}

/** How jobs are reached. */
function jobInterface({ service }: Jobs, { server }: Config, clock: Clock) {
  const followers = new ViewerLimits(server);
  return {
    sockets: [jobSocket(service, followers, clock)],
    operations: [
      ...jobOperations(service, followers),
      ...jobResultOperations(service),
      ...jobDatasetOperations(service),
      ...jobInputOperations(service),
    ],
  };
}
