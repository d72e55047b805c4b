import { access, constants, mkdir } from 'node:fs/promises';
import { parse, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { loadConfig } from '../config/load.js';
import { systemClock } from '../core/clock.js';
import { asMaskcastError, MaskcastError, toErrorRecord } from '../core/errors.js';
import { parsePolicy } from '../core/policy.js';
import type { SourceSpec } from '../core/source.js';
import { seconds } from '../core/time.js';
import { readManifest } from '../inference/manifest.js';
import { createSegmenter, locateModel } from '../inference/segmenter.js';
import { openSource } from '../ingest/open.js';
import { probe } from '../ingest/probe.js';
import { parseSource } from '../ingest/source.js';
import { type ProcessJob, type ProcessParts, processFile } from '../pipeline/process-file.js';
import { outputError } from '../record/durable.js';
import { MASK_CODECS, type MaskCodec } from '../record/mask-video.js';
import { OUTPUTS, type OutputName } from '../record/outputs.js';
import { VIDEO_CODECS, type VideoCodec } from '../record/overlay.js';
import { parseRegion, type Region } from '../record/region.js';
import { silentLogger } from '../telemetry/logger.js';
import { createTemporalWorkers } from '../temporal/remote-engine.js';
import type { CommandContext } from './context.js';
import { MODELS } from './paths.js';
import { type Narrator, narrator } from './process-narrator.js';

interface ProcessFlags {
  readonly out: string;
  readonly output: string;
  readonly from?: string;
  readonly to?: string;
  readonly every?: string;
  readonly fps?: string;
  readonly config?: string;
  readonly model?: string;
  readonly policy: string;
  readonly smoothing: boolean;
  readonly opacity: string;
  readonly outline?: true;
  readonly legend?: true;
  readonly classes?: string;
  readonly codec: string;
  readonly quality?: string;
  readonly preset?: string;
  readonly maskCodec: string;
  readonly longestSide?: string;
  readonly region?: readonly string[];
  readonly segment: string;
  readonly resume?: true;
  readonly force?: true;
  readonly json?: true;
}

/** `maskcast process INPUT… -o DIR`: every frame of recorded video into files, with exact times. */
export function registerProcess(program: Command, context: CommandContext): void {
  program
    .command('process')
    .description('segment recorded video into files: every frame once, with its exact time')
    .argument('<input...>', 'video files; each gets a folder of its name')
    .requiredOption('-o, --out <dir>', 'folder of the results')
    .option('--output <list>', `what to write, of ${OUTPUTS.join(',')}`, 'overlay,table')
    .option('--from <seconds>', 'begin here')
    .option('--to <seconds>', 'end before this')
    .addOption(new Option('--every <n>', 'frames 0, n, 2n, … only').conflicts('fps'))
    .option('--fps <number>', 'the first frame in each 1/fps seconds only')
    .option('-c, --config <file>', 'configuration file')
    .option('-m, --model <name>', 'network')
    .option('--policy <policy>', 'which frames the network sees: every, interval=N or adaptive', 'every')
    .option('--no-smoothing', 'without blending over time')
    .option('--opacity <number>', 'of the masks in the overlay, 0 to 1', '0.5')
    .option('--outline', 'a white line between areas of different classes')
    .option('--legend', 'class names burnt into the overlay')
    .option('--classes <list>', 'classes to draw and export; all but the background where absent')
    .addOption(new Option('--codec <name>', 'of the overlay').choices([...VIDEO_CODECS]).default('h264'))
    .option('--quality <number>', "constant quality in the codec's own scale; lower is better")
    .option('--preset <name>', "the encoder's own name for its speed")
    .addOption(new Option('--mask-codec <name>', 'of the mask video').choices([...MASK_CODECS]).default('png'))
    .option('--longest-side <pixels>', "make exported pictures and masks smaller than the source's size")
    .option('--region <name=x1,y1,…>', 'count the classes in this polygon too; may be given several times', appended)
    .option('--segment <frames>', 'frames that are written and kept together', '250')
    .addOption(new Option('--resume', 'go on where a run ended early').conflicts('force'))
    .option('--force', 'replace results that exist')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', '\nExit code: 0 all inputs done, 1 at least one failed, 2 wrong usage.')
    .action(async (inputs: readonly string[], flags: ProcessFlags) => {
      const sources = await plan(inputs, flags);
      await run(sources, flags, context);
    });
}

type FileSource = Extract<SourceSpec, { kind: 'file' }>;

interface Planned {
  readonly source: FileSource;
  readonly job: ProcessJob;
}

/** Everything that a different command line would avoid fails here, before any work. */
async function plan(inputs: readonly string[], flags: ProcessFlags): Promise<Planned[]> {
  const out = resolve(flags.out);
  const shared = sharedOptions(flags);
  const targets = new Map<string, string>();
  const planned = inputs.map((text): Planned => {
    const source = parseSource(text);
    if (source.kind !== 'file') throw new MaskcastError('USAGE', `process reads files; received "${text}"`);
    const target = resolve(out, parse(source.path).name);
    const other = targets.get(target);
    if (other !== undefined) {
      throw new MaskcastError('USAGE', `${other} and ${text} would both be written to ${target}; process them apart`);
    }
    targets.set(target, text);
    return { source, job: { path: source.path, target, ...shared } };
  });
  try {
    await mkdir(out, { recursive: true });
    await access(out, constants.W_OK);
  } catch (error) {
    throw outputError(out, error);
  }
  return planned;
}

function sharedOptions(flags: ProcessFlags): Omit<ProcessJob, 'path' | 'target'> {
  const from = flags.from === undefined ? undefined : atLeast(0, flags.from, '--from');
  const to = flags.to === undefined ? undefined : atLeast(0, flags.to, '--to');
  if (to !== undefined && to <= (from ?? 0)) throw new MaskcastError('USAGE', '--to must be after --from');
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const opacity = atLeast(0, flags.opacity, '--opacity');
  if (opacity > 1) throw new MaskcastError('USAGE', `--opacity must be from 0 to 1; received "${flags.opacity}"`);
  return {
    outputs: outputNames(flags.output),
    style: {
      opacity,
      outline: flags.outline === true,
      legend: flags.legend === true,
      classes: flags.classes?.split(',').map((name) => name.trim()),
      codec: flags.codec as VideoCodec,
      quality: flags.quality === undefined ? undefined : atLeast(0, flags.quality, '--quality'),
      preset: flags.preset,
      maskCodec: flags.maskCodec as MaskCodec,
      regions: regionsOf(flags.region ?? []),
    },
    policy: parsePolicy(flags.policy),
    smoothing: flags.smoothing,
    range: from === undefined && to === undefined ? undefined : range,
    sampling: samplingOf(flags),
    longestSide: flags.longestSide === undefined ? undefined : whole(2, flags.longestSide, '--longest-side'),
    onExisting: flags.resume ? 'resume' : flags.force ? 'replace' : 'fail',
    segmentFrames: whole(2, flags.segment, '--segment'),
  };
}

function samplingOf({ every, fps }: ProcessFlags): ProcessJob['sampling'] {
  if (every !== undefined) return { kind: 'every', frames: whole(1, every, '--every') };
  if (fps === undefined) return undefined;
  const rate = atLeast(0, fps, '--fps');
  if (rate === 0) throw new MaskcastError('USAGE', '--fps must be above 0');
  return { kind: 'rate', fps: rate };
}

const appended = (text: string, before: readonly string[] = []): string[] => [...before, text];

function regionsOf(texts: readonly string[]): Region[] {
  const regions = texts.map(parseRegion);
  const twice = regions.find(({ name }, index) => regions.findIndex((other) => other.name === name) !== index);
  if (twice) throw new MaskcastError('USAGE', `two regions are called "${twice.name}"`);
  return regions;
}

function outputNames(text: string): OutputName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(OUTPUTS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new MaskcastError('USAGE', `--output takes ${OUTPUTS.join(', ')}; received "${unknown}"`);
  }
  return OUTPUTS.filter((name) => names.includes(name));
}

function atLeast(least: number, text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
  throw new MaskcastError('USAGE', `${flag} must be a number from ${least}; received "${text}"`);
}

function whole(least: number, text: string, flag: string): number {
  const value = atLeast(least, text, flag);
  if (Number.isInteger(value)) return value;
  throw new MaskcastError('USAGE', `${flag} must be a whole number; received "${text}"`);
}

async function run(planned: readonly Planned[], flags: ProcessFlags, { terminal, env, stop }: CommandContext) {
  const config = loadConfig({ file: flags.config, env, flags: { model: flags.model } });
  const { ffmpeg, ffprobe, connectTimeout, pictureLongestSide, pictureQuality } = config.ingest;
  const modelsDir = config.modelsDir ?? MODELS;
  const { manifest } = await readManifest(locateModel(config.model, modelsDir));
  const segmenter = await createSegmenter({ model: config.model, modelsDir, ...config.inference });
  const temporal = createTemporalWorkers({ count: 1, logger: silentLogger });
  const show = narrator(terminal, flags.json === true);
  const sourceOptions = { ffmpegPath: ffmpeg, ffprobePath: ffprobe, clock: systemClock, connectTimeout };
  const parts = ({ source }: Planned): ProcessParts => ({
    segmenter,
    modelDigest: `${manifest.sha256} ${JSON.stringify(config.inference)}`,
    tools: { ffmpeg, ffprobe },
    stop,
    openEngine: (settings) => temporal.engine(source.path, settings),
    openSource: ({ range, sampling }, resume) =>
      openSource(source, {
        ...sourceOptions,
        delivery: 'lossless',
        logger: silentLogger,
        geometryFor: (size) => segmenter.geometryFor(size),
        pictures: false,
        ...{ pictureLongestSide, pictureQuality },
        ...(sampling ? { sampling } : {}),
        ...(range ? { range: inSeconds(range) } : {}),
        ...(resume ? { resume } : {}),
      }),
    onProgress: show.progress,
  });
  const failures: MaskcastError[] = [];
  try {
    for (const each of planned) {
      show.begin(each.source.path);
      const failure = await one(each, parts(each), show, () =>
        probe(each.source, { ...sourceOptions, signal: stop }),
      ).catch(asMaskcastError);
      if (!failure) continue;
      if (planned.length === 1 || stop.aborted) throw failure;
      failures.push(failure);
      show.failed(toErrorRecord(failure));
    }
  } finally {
    show.close();
    await temporal.close();
    await segmenter.close();
  }
  const [first] = failures;
  if (first) throw new MaskcastError(first.code, `${failures.length} of ${planned.length} inputs failed`);
}

async function one(
  { job }: Planned,
  parts: ProcessParts,
  show: Narrator,
  requireReadable: () => Promise<unknown>,
): Promise<undefined> {
  await requireReadable();
  show.done(job.target, await processFile(job, parts));
}

const inSeconds = ({ from, to }: NonNullable<ProcessJob['range']>) => ({
  ...(from === undefined ? {} : { from: seconds(from) }),
  ...(to === undefined ? {} : { to: seconds(to) }),
});
