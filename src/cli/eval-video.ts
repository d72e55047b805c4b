import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config/load.js';
import { formatPolicy, type InferencePolicy, parsePolicy } from '../core/policy.js';
import { openDataset } from '../evaluate/dataset.js';
import { readClip, type VideoClip } from '../evaluate/video-clip.js';
import { type Playback, playClip } from '../evaluate/video-play.js';
import { VideoJudge } from '../evaluate/video-scores.js';
import { createSegmenter } from '../inference/segmenter.js';
import { Engine } from '../temporal/engine.js';
import type { CommandContext } from './context.js';
import { placementFor, wholeNumber } from './eval.js';
import { formatVideoReport, type VideoRow } from './eval-video-report.js';
import { MODELS } from './paths.js';
import { showProgress } from './progress.js';

interface EvalVideoFlags {
  readonly data: string;
  readonly split: string;
  readonly model?: string;
  readonly modelsDir?: string;
  readonly config?: string;
  readonly policy?: readonly InferencePolicy[];
  readonly smooth?: boolean;
  readonly fps: number;
  readonly limit?: number;
  readonly threads?: number;
  readonly longestSide?: number;
  readonly json?: true;
}

/** `maskcast eval-video`: what policies and smoothing do to the masks of a labelled video. */
export function registerEvalVideo(program: Command, context: CommandContext): void {
  program
    .command('eval-video')
    .description('score inference policies and smoothing over a labelled video, beside every frame and hold-last')
    .requiredOption('--data <folder>', 'data set, as for eval; the pictures in order of their names are the video')
    .option('--split <name>', 'which part of it', 'val')
    .option('-m, --model <name>', "name or folder of a network; the configuration's where absent")
    .option('--models-dir <folder>', 'where the networks are')
    .option('-c, --config <file>', 'configuration file')
    .option('--policy <policy>', 'every, interval=N or adaptive; may be given again (default: adaptive)', policies)
    .option('--smooth <on|off>', 'smoothing; both where absent', onOff)
    .option('--fps <n>', "frames a second, for adaptive's staleness bound", wholeNumber, 25)
    .option('--limit <n>', 'stop after n frames', wholeNumber)
    .option('--threads <n>', 'threads of one network run', wholeNumber)
    .option('--longest-side <pixels>', 'scale frames down as a stream is; native size where absent', wholeNumber)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nThe network runs once a frame; all policies are played over the same scores.')
    .action((flags: EvalVideoFlags) => run(flags, context));
}

async function run(flags: EvalVideoFlags, { terminal, env, stop }: CommandContext): Promise<void> {
  const dataset = await openDataset(flags.data, flags.split);
  const samples = dataset.samples.slice(0, flags.limit);
  const config = loadConfig({ file: flags.config, env, flags: { model: flags.model, modelsDir: flags.modelsDir } });
  const segmenter = await createSegmenter({
    ...config.inference,
    model: config.model,
    modelsDir: config.modelsDir ?? MODELS,
    threads: flags.threads ?? config.inference.threads,
    longestSide: flags.longestSide,
    workers: 1,
  });
  const progress = showProgress(terminal, samples.length, 'frames');
  let clip: VideoClip;
  try {
    clip = await readClip({
      segmenter,
      dataset: { ...dataset, samples },
      placementFor: (source) => placementFor(segmenter, source, flags.longestSide),
      onProgress: (done) => progress.update(done),
      stop,
    });
  } finally {
    progress.stop();
    await segmenter.close();
  }
  const rows = compare(clip, flags);
  const head = { model: segmenter.model.name, data: dataset.name, split: dataset.split, frames: clip.frames.length };
  const report = { ...head, networkTime: clip.networkTime, classes: clip.classes, rows };
  terminal.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : formatVideoReport(report));
}

function compare(clip: VideoClip, { policy, smooth, fps }: EvalVideoFlags): readonly VideoRow[] {
  const play = (policy: InferencePolicy, kind: VideoRow['kind']): Playback => {
    const engine = new Engine({ policy, smoothing: kind === 'smooth' });
    return playClip(clip, engine, { framesASecond: fps, hold: kind === 'hold' });
  };
  const every: InferencePolicy = { kind: 'every' };
  const reference = play(every, 'raw');
  const judge = new VideoJudge(clip, reference.masks);
  const row = (policy: InferencePolicy, kind: VideoRow['kind'], { masks, ...played }: Playback): VideoRow => {
    return { policy: formatPolicy(policy), kind, ...played, scores: judge.judge(masks) };
  };
  const rows = [row(every, 'raw', reference)];
  const kinds: VideoRow['kind'][] = smooth === undefined ? ['raw', 'smooth'] : smooth ? ['smooth'] : ['raw'];
  for (const wanted of policy ?? [parsePolicy('adaptive')]) {
    const extra = wanted.kind === 'every' ? kinds.filter((kind) => kind !== 'raw') : (['hold', ...kinds] as const);
    for (const kind of extra) rows.push(row(wanted, kind, play(wanted, kind)));
  }
  return rows;
}

function policies(text: string, earlier: readonly InferencePolicy[] = []): readonly InferencePolicy[] {
  try {
    return [...earlier, parsePolicy(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function onOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new InvalidArgumentError('It must be on or off.');
}
