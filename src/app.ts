import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Config } from './config/load.js';
import { StreamStore } from './config/stream-store.js';
import { systemClock } from './core/clock.js';
import { MaskcastError } from './core/errors.js';
import { parsePolicy } from './core/policy.js';
import type { FrameSource, Segmenter } from './core/ports.js';
import { slug } from './core/slug.js';
import type { StreamSettings } from './core/stream.js';
import { ms } from './core/time.js';
import { ViewerLimits } from './delivery/access/viewer-limits.js';
import type { ReadinessView, SourceInput } from './delivery/http/api-schema.js';
import { jobOperations } from './delivery/http/jobs.js';
import { jobInputOperations } from './delivery/http/jobs-inputs.js';
import { jobResultOperations } from './delivery/http/jobs-results.js';
import { createDeliveryServer } from './delivery/server.js';
import { jobSocket } from './delivery/sockets/job-socket.js';
import { makeFolder, writing } from './flow/durable.js';
import { createSegmenter } from './inference/segmenter.js';
import { openSource } from './ingest/open.js';
import { createJobs } from './jobs/create.js';
import { LiveStream } from './live/live-stream.js';
import { ModelRegistry } from './live/model-registry.js';
import { type StreamDefinition, sourceTimes } from './live/stream-definition.js';
import { StreamManager } from './live/stream-manager.js';
import { FileAccess } from './media/file-access.js';
import { probe } from './media/probe.js';
import { displaySource } from './media/redact.js';
import { requireTools } from './media/require-tools.js';
import { nameOfSource, parseSource } from './media/source.js';
import { takeLock } from './record/run/lock.js';
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
  /** Parent to child: viewers first, then streams, then workers. Idempotent. */
  close(): Promise<void>;
}

/** Puts the live server together; nothing runs before `start`. */
export function createApp(config: Config, paths: AppPaths, logger: Logger): App {
  const clock = systemClock;
  const metrics = new Metrics();
  const store = new StreamStore(join(paths.dataDir, 'streams.json'));
  const models = new ModelRegistry({
    modelsDir: paths.modelsDir,
    defaultModel: config.model,
    load: (model) => createSegmenter({ model, modelsDir: paths.modelsDir, ...config.inference, clock, logger }),
    clock,
    logger,
  });
  const temporal = createTemporalWorkers({ count: Math.max(1, Math.floor(availableParallelism() / 2)), logger });
  const { connectTimeout, ffmpeg, ffprobe } = config.ingest;
  const files = new FileAccess(config.mediaDirs);
  const tools = { ffmpegPath: ffmpeg, ffprobePath: ffprobe, connectTimeout, clock, logger };

  const streams: StreamManager = new StreamManager({
    defaults: defaultSettings(config),
    maxStaleness: config.temporal.maxStaleness,
    models: () => models.list(),
    network: (model) => models.network(model),
    displaySource: (source) => displaySource(parseSource(source)),
    checkSource: (source) => files.require(parseSource(source)),
    probe: async (source, signal) => {
      const spec = parseSource(source);
      files.require(spec);
      const patience = { connectTimeout: ms(source.connectTimeout ?? connectTimeout) };
      return (await probe(spec, { ...tools, ...patience, signal })).info;
    },
    save: (entries) => store.save(entries),
    store: store.path,
    logger,
    createStream: ({ id, name, settings }, network) => {
      const stream = new LiveStream(
        {
          id,
          clock,
          logger: logger.child({ stream: id }),
          observer: metrics,
          openSource: (segmenter) => openLive(streams.definition(id).source, segmenter),
          openEngine: (current) => temporal.engine(id, current),
        },
        { name, network, settings },
      );
      stream.onRemoved(() => void metrics.forget(id));
      return stream;
    },
  });

  function openLive(source: SourceInput, segmenter: Segmenter): FrameSource {
    const { stallTimeout, retryInitial, retryCap, authRetry, pictureLongestSide, pictureQuality } = config.ingest;
    return openSource(parseSource(source), {
      ...tools,
      connectTimeout: ms(source.connectTimeout ?? connectTimeout),
      delivery: 'latest',
      geometryFor: (size) => segmenter.geometryFor(size),
      pictures: true,
      pictureLongestSide,
      pictureQuality,
      stallTimeout: ms(source.stallTimeout ?? stallTimeout),
      ...(source.refresh === undefined ? {} : { refresh: ms(source.refresh) }),
      retry: { initial: retryInitial, cap: retryCap, auth: authRetry },
    });
  }

  const jobs = config.jobs.enabled
    ? createJobs({
        ...{ config, models, clock, logger },
        dataDir: paths.dataDir,
        modelsDir: paths.modelsDir,
        onFrames: (count) => metrics.onJobFrames(count),
      })
    : undefined;

  const jobFollowers = new ViewerLimits(config.server);
  const server = createDeliveryServer({
    config: config.server,
    publicDir: paths.publicDir,
    streams,
    readiness: () => readiness(models),
    metrics,
    logger,
    clock,
    sockets: jobs ? [jobSocket(jobs.service, jobFollowers, clock)] : [],
    operations: jobs
      ? [
          ...jobOperations(jobs.service, jobFollowers),
          ...jobResultOperations(jobs.service),
          ...jobInputOperations(jobs.service),
        ]
      : [],
  });

  metrics.watch({
    jobs: () => jobs?.counts(),
    streams: () =>
      streams
        .feeds()
        .map(({ id, status }) => ({ id, state: status.state, losses: status.losses, lastFrameAt: status.lastFrameAt })),
    viewers: (id) => server.viewers(id),
    inference: () => {
      const pools = models.loaded.map((pool) => pool.health());
      const sum = (of: (health: (typeof pools)[number]) => number) =>
        pools.reduce((total, health) => total + of(health), 0);
      return {
        workers: sum(({ ready }) => ready),
        inFlight: sum(({ busy, waiting }) => busy + waiting),
        restarts: sum(({ restarts }) => restarts),
      };
    },
  });

  let closing: Promise<void> | undefined;
  let unlock = async () => {};
  return {
    streams,
    async start() {
      await requireTools([ffmpeg, ffprobe]);
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
      closing ??= (async () => {
        // At once, though it is a child: it ends the event streams that the server would wait for.
        const jobsClosed = jobs?.close();
        await server.close();
        await streams.close();
        await jobsClosed;
        await temporal.close();
        await models.close();
        await unlock();
      })();
      return closing;
    },
  };
}

/** Two servers on one folder would write over each other's state. @throws MaskcastError CONFLICT, OUTPUT_UNWRITABLE */
async function lockDataDir({ jobs }: Config, dataDir: string, logger: Logger): Promise<() => Promise<void>> {
  try {
    await writing(dataDir, () => makeFolder(dataDir, 0o700));
    return await takeLock(join(dataDir, 'server.lock'), `the data in ${dataDir} (dataDir)`);
  } catch (error) {
    const needed = jobs.enabled && jobs.dir === undefined;
    if (needed || !(error instanceof MaskcastError) || error.code !== 'OUTPUT_UNWRITABLE') throw error;
    // A server whose streams are all in its configuration needs no folder, and nobody else can write there.
    logger.warn({ err: error }, 'the data folder cannot be written: what changes at run time cannot be kept');
    return async () => {};
  }
}

function defaultSettings(config: Config): StreamSettings {
  const { policy, smoothing, maxStaleness } = config.temporal;
  return { policy: parsePolicy(policy, maxStaleness), smoothing, onDemand: config.onDemand };
}

/** The streams of the configuration file and the command line. */
function configured(config: Config): readonly StreamDefinition[] {
  const defaults = defaultSettings(config);
  const taken = new Set(config.streams.flatMap(({ id }) => id ?? []));
  return config.streams.map((stream) => {
    const { url, user, password, transport, policy } = stream;
    const name = stream.name ?? nameOfSource(url);
    return {
      id: stream.id ?? unusedId(slug(name), taken),
      name,
      source: {
        url,
        transport,
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
        ...sourceTimes(stream),
      },
      model: stream.model,
      settings: {
        policy: policy === undefined ? defaults.policy : parsePolicy(policy, config.temporal.maxStaleness),
        smoothing: stream.smoothing ?? defaults.smoothing,
        onDemand: stream.onDemand ?? defaults.onDemand,
      },
      enabled: true,
      persistent: false,
    };
  });
}

function unusedId(base: string, taken: Set<string>): string {
  let id = base;
  for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
  taken.add(id);
  return id;
}

function readiness(models: ModelRegistry): ReadinessView {
  const pools = models.loaded;
  const ready = pools.length > 0 && pools.every((pool) => pool.health().ready > 0);
  return { ready, checks: { inference: ready ? { ok: true } : { ok: false, detail: 'no inference worker is ready' } } };
}
