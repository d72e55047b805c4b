import type { Config } from '../config/load.js';
import type { Clock } from '../core/clock.js';
import { parsePolicy } from '../core/policy.js';
import type { BorrowedNetwork, Segmenter } from '../core/ports.js';
import type { FileSource } from '../core/source.js';
import type { JobOptions } from '../delivery/http/jobs-schema.js';
import { Painter } from '../delivery/pictures/painter.js';
import { sourceError } from '../media/classify.js';
import type { MediaFacts } from '../media/facts.js';
import { KnownFacts } from '../media/known-facts.js';
import { probe } from '../media/probe.js';
import { isSinglePicture } from '../media/single-picture.js';
import { usualFormat } from '../record/export/frame-pictures.js';
import { OUTPUTS } from '../record/output-kinds.js';
import { processFile } from '../recorded/process-file.js';
import type { ProcessJob, ProcessProgress, ProcessReport } from '../recorded/process-job.js';
import { processParts } from '../recorded/process-parts.js';
import type { Logger } from '../telemetry/logger.js';
import { createTemporalWorkers } from '../temporal/remote-engine.js';
import { Preview } from './preview.js';

/** Runs jobs with ffmpeg and the networks: the same as `maskcast process` with the same options, to the byte. */

export interface RunOrder {
  /** Absolute. */
  readonly input: string;
  /** Absolute; what was begun there goes on. */
  readonly target: string;
  readonly options: JobOptions;
  readonly model: string;
  /** Aborting it keeps the finished segments; the run rejects with CLOSED. */
  readonly stop: AbortSignal;
  readonly onProgress: (progress: ProcessProgress) => void;
  readonly onPreview: (preview: Pick<Preview, 'latest'>) => void;
}

export interface JobRunner {
  /** @throws MaskcastError the typed reason why a file can't be used */
  probe(path: string, signal: AbortSignal): Promise<MediaFacts>;
  /** @returns undefined where an earlier run had finished the work. @throws MaskcastError */
  run(order: RunOrder): Promise<ProcessReport | undefined>;
  close(): Promise<void>;
}

export interface RunnerParts {
  readonly config: Pick<Config, 'ingest' | 'inference'>;
  /** Where a network lies, by its name. */
  readonly folderOf: (model: string) => string;
  readonly models: { borrow(name: string): Promise<BorrowedNetwork> };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Frames that are written and kept together, as `maskcast process` has it. */
const SEGMENT_FRAMES = 250;

export function createJobRunner({ config, folderOf, models, clock, logger }: RunnerParts): JobRunner {
  const { ffmpeg, ffprobe, connectTimeout } = config.ingest;
  const sourceOptions = { ffmpegPath: ffmpeg, ffprobePath: ffprobe, clock, connectTimeout };
  // Threads of their own: what a job computes must not hold up a live stream's frame.
  const temporal = createTemporalWorkers({ logger });
  const painter = new Painter();
  const fileSource = (path: string): FileSource => ({ kind: 'file', path });
  // An upload is looked at when it comes, when its job is made, and when that runs.
  const known = new KnownFacts();
  const factsOf = (source: FileSource, signal: AbortSignal) =>
    known.of(source.path, async () => {
      const facts = await probe(source, { ...sourceOptions, signal });
      if (await isSinglePicture({ ffmpeg, ffprobe }, source, facts)) {
        throw sourceError(source, 'NOT_VIDEO', `it is a single picture, ${facts.info.codec}`);
      }
      return facts;
    });
  return {
    probe: (path, signal) => factsOf(fileSource(path), signal),
    async run({ input, target, options, model, stop, onProgress, onPreview }) {
      const source = fileSource(input);
      const facts = await factsOf(source, stop);
      const network = await models.borrow(model);
      try {
        const segmenter = inBackground(network.segmenter);
        const { opacity, outline, classes } = options;
        const preview = new Preview({
          model: segmenter.model,
          style: { opacity, outline, classes },
          ...{ painter, clock, logger },
        });
        onPreview(preview);
        const modelFolder = folderOf(model);
        const plan = { source, facts, config, modelFolder, segmenter, clock, logger, background: true };
        return await processFile(processJob(input, target, options), {
          ...(await processParts(plan)),
          stop,
          openEngine: (settings) => preview.watching(temporal.engine(target, settings)),
          onProgress,
        });
      } finally {
        network.giveBack();
      }
    },
    async close() {
      await painter.close();
      await temporal.close();
    },
  };
}

function processJob(path: string, target: string, options: JobOptions): ProcessJob {
  const { outputs, policy, smoothing, from, to, every, fps, opacity, outline, legend, classes, codec, modelClasses } =
    options;
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return {
    ...{ path, target, smoothing, modelClasses },
    outputs: OUTPUTS.filter((name) => outputs.includes(name)),
    style: {
      ...{ opacity, outline, legend, codec, classes },
      quality: undefined,
      preset: undefined,
      maskCodec: 'png',
      cocoAnnotations: 'areas',
      frameFormat: usualFormat(outputs),
      picturePrefix: '',
      regions: [],
    },
    policy: parsePolicy(policy),
    range: from === undefined && to === undefined ? undefined : range,
    sampling:
      every !== undefined ? { kind: 'every', frames: every } : fps !== undefined ? { kind: 'rate', fps } : undefined,
    longestSide: options.longestSide,
    onExisting: 'resume',
    segmentFrames: SEGMENT_FRAMES,
  };
}

/** The network as jobs use it: live frames go first. */
function inBackground(segmenter: Segmenter): Segmenter {
  return {
    model: segmenter.model,
    geometryFor: (size) => segmenter.geometryFor(size),
    segment: (stream, frame, options) => segmenter.segment(stream, frame, { ...options, background: true }),
    get freeSlots() {
      return segmenter.freeSlots;
    },
    inFlight: (stream) => segmenter.inFlight(stream),
    waiting: (stream) => segmenter.waiting(stream),
    close: () => segmenter.close(),
  };
}
