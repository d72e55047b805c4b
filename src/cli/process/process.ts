import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import { requireClasses } from '../../core/class-settings.js';
import { systemClock } from '../../core/clock.js';
import { asMaskcastError, MaskcastError } from '../../core/errors.js';
import type { FileSource } from '../../core/source.js';
import { locateModel } from '../../inference/model-names.js';
import { createSegmenter } from '../../inference/segmenter.js';
import type { MediaFacts } from '../../media/facts.js';
import { probe } from '../../media/probe.js';
import { chosenClasses } from '../../record/class-palette.js';
import { processFile } from '../../recorded/process-file.js';
import type { ProcessParts, ProcessReport } from '../../recorded/process-job.js';
import { processParts } from '../../recorded/process-parts.js';
import { silentLogger } from '../../telemetry/logger.js';
import { createTemporalWorkers } from '../../temporal/remote-engine.js';
import type { CommandContext } from '../context.js';
import { MODELS } from '../paths.js';
import { addOptions, inputRate, jobOptions, type ProcessFlags } from './flags.js';
import { findInputs } from './inputs.js';
import { narrator } from './narrator.js';
import { type PlannedInput, planInputs, prepareFolder, requireNothingThere } from './plan.js';

const HELP = `
An input is a video file, a folder (all videos in it, or the images in it as one video), a pattern in quotes ('day1/*.mp4'), or the
numbered images of a sequence ('shots/frame_%05d.png'). Each gets a folder of its name in the results' folder.

  maskcast process walk.mp4 -o results
  maskcast process recordings/ --recursive -o results --output overlay,masks,table,summary
  maskcast process 'shots/frame_%05d.png' --input-rate 24 -o results
  maskcast process recordings/ -o results --resume          after Ctrl-C, a crash or a full disk

Exit code: 0 all inputs done, 1 at least one failed, 2 wrong usage.`;

/** `maskcast process INPUT… -o DIR`: every frame of recorded video into files, with exact times. */
export function registerProcess(program: Command, context: CommandContext): void {
  const command = program
    .command('process')
    .description('segment recorded video into files: every frame once, with its exact time')
    .argument('<input...>', 'videos, folders, patterns or image sequences');
  addOptions(command)
    .addHelpText('after', HELP)
    .action((inputs: readonly string[], flags: ProcessFlags) => run(inputs, flags, context));
}

/** Everything that a different command line would avoid fails before any work. */
async function run(texts: readonly string[], flags: ProcessFlags, { terminal, env, stop }: CommandContext) {
  const options = jobOptions(flags);
  const out = resolve(flags.out);
  const sources = await findInputs(texts, { recursive: flags.recursive === true, rate: inputRate(flags), out });
  const config = loadConfig({ file: flags.config, env, flags: { model: flags.model, modelsDir: flags.modelsDir } });
  const { ffmpeg, ffprobe, connectTimeout } = config.ingest;
  const sourceOptions = { ffmpegPath: ffmpeg, ffprobePath: ffprobe, clock: systemClock, connectTimeout };
  const planned = await planInputs(sources, out, (source) => probe(source, { ...sourceOptions, signal: stop }));
  await prepareFolder(out);
  if (options.onExisting === 'fail') await requireNothingThere(planned);
  const [only] = planned;
  if (only?.failure && planned.length === 1) throw only.failure;
  const modelsDir = config.modelsDir ?? MODELS;
  const segmenter = await createSegmenter({ model: config.model, modelsDir, ...config.inference, goal: 'throughput' });
  const temporal = createTemporalWorkers({ count: 1, logger: silentLogger });
  const show = narrator(terminal, flags.json === true);
  const parts = async (source: FileSource, facts: MediaFacts): Promise<ProcessParts> => ({
    ...(await processParts({
      ...{ source, facts, config, modelFolder: locateModel(config.model, modelsDir), segmenter },
      ...{ clock: systemClock, logger: silentLogger, background: false },
    })),
    stop,
    openEngine: (settings) => temporal.engine(source.path, settings),
    onProgress: show.progress,
  });
  const one = async (input: PlannedInput): Promise<ProcessReport | undefined> => {
    const { source, target, facts, failure } = input;
    if (!facts) throw failure;
    const images = source.images ? { images: source.images } : {};
    return processFile({ path: source.path, ...images, target, ...options }, await parts(source, facts));
  };
  try {
    chosenClasses(segmenter.model, options.style.classes);
    requireClasses(options.modelClasses ?? {}, segmenter.model, 'USAGE');
    show.plan(planned, out);
    await all(planned, one, show, stop);
  } finally {
    show.close();
    await temporal.close();
    await segmenter.close();
  }
}

/** One input after the other; what is wrong with one is no reason to leave the others out, unless it would hit them as well. */
async function all(
  planned: readonly PlannedInput[],
  one: (input: PlannedInput) => Promise<ProcessReport | undefined>,
  show: ReturnType<typeof narrator>,
  stop: AbortSignal,
): Promise<void> {
  const failures: MaskcastError[] = [];
  for (const input of planned) {
    show.begin(input);
    try {
      show.done(await one(input));
    } catch (error) {
      const failure = asMaskcastError(error);
      show.failed(failure);
      failures.push(failure);
      if (stop.aborted || failure.code === 'DISK_FULL') break;
    }
  }
  show.summary();
  const last = failures.at(-1);
  if (!last) return;
  if (planned.length === 1 || stop.aborted || last.code === 'DISK_FULL') throw last;
  throw new MaskcastError(last.code, `${failures.length} of ${planned.length} inputs failed`);
}
