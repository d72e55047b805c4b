import { basename } from 'node:path';
import type { Config } from '../config/load.js';
import type { StreamStore } from '../config/stream-store.js';
import type { Clock } from '../core/clock.js';
import type { FrameSource, Segmenter } from '../core/ports.js';
import type { SourceSpec } from '../core/source.js';
import { ms } from '../core/time.js';
import type { SourceInput } from '../delivery/http/api-schema.js';
import { openSource } from '../ingest/open.js';
import { LiveStream } from '../live/live-stream.js';
import type { ModelRegistry } from '../live/model-registry.js';
import { StreamManager } from '../live/stream-manager.js';
import { FileAccess } from '../media/address/file-access.js';
import { displaySource, placeOf } from '../media/address/redact.js';
import { parseSource } from '../media/address/source.js';
import { probe } from '../media/probe.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { TemporalWorkers } from '../temporal/remote-engine.js';
import { defaultSettings } from './configured.js';

export interface StreamsParts {
  readonly config: Config;
  readonly store: StreamStore;
  readonly models: ModelRegistry;
  readonly temporal: TemporalWorkers;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The live streams, with what each takes: a source, a network, a temporal engine. None is open yet. */
export function createStreams({
  config,
  store,
  models,
  temporal,
  metrics,
  clock,
  logger,
}: StreamsParts): StreamManager {
  const files = new FileAccess(config.mediaDirs);
  const openLive = opener(config, clock, logger);
  const streams: StreamManager = new StreamManager({
    defaults: defaultSettings(config),
    maxStaleness: config.temporal.maxStaleness,
    models: () => models.list(),
    network: (model) => models.network(model),
    displaySource: (source, role) => (role === 'admin' ? displaySource(parseSource(source)) : placeOf(openly(source))),
    checkSource: (source) => files.require(parseSource(source)),
    probe: async (source, signal) => {
      const spec = parseSource(source);
      files.require(spec);
      return (await probe(spec, { ...toolsFor(source, config, clock, logger), signal })).info;
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
  return streams;
}

/** The source of a stream: its failures are read by viewers, too, who needn't know in which folder a file lies. */
function openly(source: SourceInput): SourceSpec {
  const spec = parseSource(source);
  return spec.kind === 'file' ? { ...spec, shown: basename(spec.path) } : spec;
}

function toolsFor(source: SourceInput, { ingest }: Config, clock: Clock, logger: Logger) {
  return {
    ffmpegPath: ingest.ffmpeg,
    ffprobePath: ingest.ffprobe,
    connectTimeout: ms(source.connectTimeout ?? ingest.connectTimeout),
    clock,
    logger,
  };
}

function opener(config: Config, clock: Clock, logger: Logger) {
  const { stallTimeout, retryInitial, retryCap, authRetry, pictureLongestSide, pictureQuality } = config.ingest;
  return (source: SourceInput, segmenter: Segmenter): FrameSource =>
    openSource(openly(source), {
      ...toolsFor(source, config, clock, logger),
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
