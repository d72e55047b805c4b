import { basename } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../../config/load.js';
import { systemClock } from '../../core/clock.js';
import { MaskcastError } from '../../core/errors.js';
import { type InferencePolicy, parsePolicy } from '../../core/policy.js';
import { type GroupNames, groupsOf, MOVING_NAMES, THIN_NAMES } from '../../evaluate/class-groups.js';
import { openDataset } from '../../evaluate/dataset.js';
import { ScoreCache } from '../../evaluate/score-cache.js';
import { readLabelledVideo, readRecording, type VideoClip } from '../../evaluate/video-clip.js';
import { ClipNetwork } from '../../evaluate/video-network.js';
import { readManifest } from '../../inference/manifest.js';
import { locateModel } from '../../inference/model-names.js';
import type { InferencePool } from '../../inference/pool.js';
import { createSegmenter } from '../../inference/segmenter.js';
import { openSource } from '../../ingest/open.js';
import { parseSource } from '../../media/address/source.js';
import { silentLogger } from '../../telemetry/logger.js';
import type { CommandContext, Terminal } from '../context.js';
import { MODELS } from '../paths.js';
import { showProgress } from '../progress.js';
import { type ClassMapFlags, classMapOf, mapOption, mergeOption, placementFor, wholeNumber } from './flags.js';
import { writeSideBySide } from './side-by-side.js';
import { comparePolicies } from './video-compare.js';
import { formatVideoReport, type VideoReport } from './video-report.js';

interface EvalVideoFlags extends ClassMapFlags {
  readonly data?: string;
  readonly split: string;
  readonly clip?: readonly string[];
  readonly model?: string;
  readonly modelsDir?: string;
  readonly config?: string;
  readonly policy?: readonly InferencePolicy[];
  readonly price?: readonly number[];
  readonly smooth?: boolean;
  readonly fps: number;
  readonly limit?: number;
  readonly threads?: number;
  readonly longestSide?: number;
  readonly thin: readonly string[];
  readonly moving: readonly string[];
  readonly cache?: string;
  readonly sideBySide?: string;
  readonly json?: true;
}

/** `maskcast eval-video`: what policies and smoothing do to the masks of a video. */
export function registerEvalVideo(program: Command, context: CommandContext): void {
  program
    .command('eval-video')
    .description('score inference policies and smoothing over a video, beside every frame and hold-last')
    .option('--data <folder>', 'labelled video, as for eval; the pictures in order of their names are the frames')
    .option('--split <name>', 'which part of it', 'val')
    .option('--clip <file...>', "video files without labels; the truth is the network's own mask of every frame")
    .option('-m, --model <name>', "name or folder of a network; the configuration's where absent")
    .option('--models-dir <folder>', 'where the networks are')
    .option('-c, --config <file>', 'configuration file')
    .addOption(mapOption())
    .addOption(mergeOption())
    .option('--policy <policy>', 'every, interval=N or adaptive; may be given again (default: adaptive)', policies)
    .option('--price <factor>', 'play adaptive as if a run of the network cost this much more; repeatable', prices)
    .option('--smooth <on|off>', 'smoothing; both where absent', onOff)
    .option('--fps <n>', "frames a second of --data, for adaptive's staleness bound", wholeNumber, 25)
    .option('--limit <n>', 'stop after n frames', wholeNumber)
    .option('--threads <n>', 'threads of one network run', wholeNumber)
    .option(
      '--longest-side <pixels>',
      'scale pictures of --data down as a stream is; native size where absent',
      wholeNumber,
    )
    .option('--thin <names>', 'classes that are shown apart as thin', names, THIN_NAMES)
    .option('--moving <names>', 'classes that are shown apart as moving', names, MOVING_NAMES)
    .option('--cache <folder>', "keep the network's scores there, and take them from there the next time")
    .option('--side-by-side <file>', 'write an MP4: every frame, last mask held, and the engine, of the last policy')
    .option('--json', 'print one JSON object a video')
    .addHelpText('after', '\nThe network runs once a frame; all policies are played over the same scores.')
    .action((flags: EvalVideoFlags) => run(flags, context));
}

async function run(flags: EvalVideoFlags, context: CommandContext): Promise<void> {
  if ((flags.data === undefined) === (flags.clip === undefined)) {
    throw new MaskcastError('USAGE', 'give either --data, a labelled video, or --clip, video files');
  }
  if (flags.clip !== undefined && Object.keys({ ...flags.map, ...flags.merge }).length > 0) {
    throw new MaskcastError('USAGE', '--map and --merge are about the classes of --data; --clip has none of its own');
  }
  if (flags.sideBySide !== undefined && (flags.clip?.length ?? 1) > 1) {
    throw new MaskcastError('USAGE', '--side-by-side shows one video; give one --clip');
  }
  const { terminal, env } = context;
  const config = loadConfig({ file: flags.config, env, flags: { model: flags.model, modelsDir: flags.modelsDir } });
  const modelsDir = config.modelsDir ?? MODELS;
  const { manifest } = await readManifest(locateModel(config.model, modelsDir));
  const segmenter = await createSegmenter({
    ...config.inference,
    model: config.model,
    modelsDir,
    threads: flags.threads ?? config.inference.threads,
    longestSide: flags.longestSide,
    workers: 1,
  });
  const cache = flags.cache === undefined ? undefined : new ScoreCache(flags.cache, manifest.sha256, segmenter.engine);
  const reader: Reader = { flags, context, config, segmenter, network: new ClipNetwork(segmenter, cache) };
  try {
    for (const video of flags.clip ?? [undefined]) {
      const { data, clip } = await (video === undefined ? readData(reader) : readClip(reader, video));
      const options = { policies: flags.policy ?? [parsePolicy('adaptive')], prices: flags.price ?? [1] };
      const { rows, stillFrames, shown } = comparePolicies(clip, { ...options, smooth: flags.smooth });
      const head = { model: manifest.name, sha256: manifest.sha256, data, labelled: clip.truth !== undefined };
      const counts = { frames: clip.frames.length, stillFrames, networkTime: clip.networkTime };
      print(terminal, { ...head, ...counts, classes: groupedClasses(clip, flags), rows }, flags.json === true);
      if (flags.sideBySide === undefined) continue;
      await writeSideBySide(flags.sideBySide, clip, shown, segmenter.model, config.ingest);
    }
  } finally {
    await segmenter.close();
  }
}

interface Reader {
  readonly flags: EvalVideoFlags;
  readonly context: CommandContext;
  readonly config: Config;
  readonly segmenter: InferencePool;
  readonly network: ClipNetwork;
}

interface NamedClip {
  readonly data: string;
  readonly clip: VideoClip;
}

async function readData({ flags, context, segmenter, network }: Reader): Promise<NamedClip> {
  const { data = '', split, limit, longestSide, fps } = flags;
  const dataset = await openDataset(data, split);
  const samples = dataset.samples.slice(0, limit);
  const progress = showProgress(context.terminal, samples.length, 'frames');
  try {
    const clip = await readLabelledVideo({
      network,
      dataset: { ...dataset, samples },
      map: classMapOf(flags),
      placementFor: (source) => placementFor(segmenter, source, longestSide),
      framesASecond: fps,
      onProgress: (done) => progress.update(done),
      stop: context.stop,
    });
    return { data: `${dataset.name} ${dataset.split}`, clip };
  } finally {
    progress.stop();
  }
}

async function readClip({ flags, context, config, segmenter, network }: Reader, file: string): Promise<NamedClip> {
  const { connectTimeout, ffmpeg, ffprobe, pictureLongestSide, pictureQuality } = config.ingest;
  const source = openSource(parseSource(file), {
    delivery: 'lossless',
    ffmpegPath: ffmpeg,
    ffprobePath: ffprobe,
    clock: systemClock,
    logger: silentLogger,
    geometryFor: (size) => segmenter.geometryFor(size),
    pictures: false,
    pictureLongestSide,
    pictureQuality,
    connectTimeout,
  });
  const { terminal, stop } = context;
  const name = basename(file);
  const onProgress = (done: number) => {
    if (terminal.stderr.isTTY) terminal.stderr.write(`\r${name}: ${done} frames\u001b[K`);
  };
  try {
    const clip = await readRecording({ network, name, decoded: source.frames(), limit: flags.limit, onProgress, stop });
    return { data: name, clip };
  } finally {
    if (terminal.stderr.isTTY) terminal.stderr.write('\r\u001b[K');
    await source.close();
  }
}

function groupedClasses({ classes }: VideoClip, names: GroupNames): VideoReport['classes'] {
  const groups = groupsOf(classes, names);
  return classes.map((name, index) => ({ name, group: groups[index] ?? 'other' }));
}

function print({ stdout }: Terminal, report: VideoReport, json: boolean): void {
  stdout.write(json ? `${JSON.stringify(report)}\n` : formatVideoReport(report));
}

function policies(text: string, earlier: readonly InferencePolicy[] = []): readonly InferencePolicy[] {
  try {
    return [...earlier, parsePolicy(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function prices(text: string, earlier: readonly number[] = []): readonly number[] {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return [...earlier, value];
  throw new InvalidArgumentError('It must be a number above 0.');
}

const names = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

function onOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new InvalidArgumentError('It must be on or off.');
}
