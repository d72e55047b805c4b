import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../../config/load.js';
import type { Size } from '../../core/geometry.js';
import { type LabelledDataset, openDataset } from '../../evaluate/dataset.js';
import { type Evaluation, evaluate } from '../../evaluate/evaluate.js';
import type { Placement } from '../../evaluate/picture.js';
import type { InferencePool } from '../../inference/pool.js';
import { createSegmenter } from '../../inference/segmenter.js';
import type { CommandContext } from '../context.js';
import { MODELS } from '../paths.js';
import { showProgress } from '../progress.js';
import { formatConfusion, formatScores } from './report.js';

interface EvalFlags {
  readonly data: string;
  readonly split: string;
  readonly model?: string;
  readonly modelsDir?: string;
  readonly config?: string;
  readonly every: number;
  readonly limit?: number;
  readonly threads?: number;
  readonly longestSide?: number;
  readonly map: Readonly<Record<string, string>>;
  readonly merge: Readonly<Record<string, string>>;
  readonly confusion?: true;
  readonly json?: true;
}

/** `maskcast eval`: scores of a network over labelled pictures, through the inference that serves. */
export function registerEval(program: Command, context: CommandContext): void {
  program
    .command('eval')
    .description('score a network over labelled pictures, through the inference path that serves')
    .requiredOption(
      '--data <folder>',
      'data set: SPLIT/images, SPLIT/labels (8-bit PNG of class indices), classes.json',
    )
    .requiredOption('--split <name>', 'which part of it, for instance test')
    .option('-m, --model <name>', "name or folder of a network; the configuration's where absent")
    .option('--models-dir <folder>', 'where the networks are')
    .option('-c, --config <file>', 'configuration file')
    .option('--every <n>', 'take every n-th picture only', wholeNumber, 1)
    .option('--limit <n>', 'stop after n pictures', wholeNumber)
    .option('--threads <n>', 'threads of one network run', wholeNumber)
    .option('--longest-side <pixels>', 'scale pictures down as a stream is; native size where absent', wholeNumber)
    .option(
      '--map <network=data>',
      "class of the data set that a network's class counts as; * for all others",
      pair,
      {},
    )
    .option('--merge <class=class>', 'class of the data set that counts as another one', pair, {})
    .option('--confusion', 'print the confusion matrix too')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nPictures keep their size (padded, never stretched). mIoU is the mean over the classes that occur or are predicted.',
    )
    .action((flags: EvalFlags) => run(flags, context));
}

async function run(flags: EvalFlags, { terminal, env, stop }: CommandContext): Promise<void> {
  const dataset = thinned(await openDataset(flags.data, flags.split), flags);
  const config = loadConfig({ file: flags.config, env, flags: { model: flags.model, modelsDir: flags.modelsDir } });
  const segmenter = await createSegmenter({
    ...config.inference,
    model: config.model,
    modelsDir: config.modelsDir ?? MODELS,
    threads: flags.threads ?? config.inference.threads,
    longestSide: flags.longestSide,
    finestStride: 1,
  });
  const progress = showProgress(terminal, dataset.samples.length, 'pictures');
  try {
    const evaluation = await evaluate({
      segmenter,
      dataset,
      map: { rename: flags.map, merge: flags.merge },
      placementFor: (source) => placementFor(segmenter, source, flags.longestSide),
      onProgress: (done) => progress.update(done),
      stop,
    });
    progress.stop();
    terminal.stdout.write(
      flags.json
        ? `${JSON.stringify(toJson(segmenter.model.name, dataset, evaluation))}\n`
        : toText(segmenter.model.name, dataset, evaluation, flags.confusion === true),
    );
  } finally {
    progress.stop();
    await segmenter.close();
  }
}

function thinned(dataset: LabelledDataset, { every, limit }: EvalFlags): LabelledDataset {
  const samples = dataset.samples.filter((_, index) => index % every === 0).slice(0, limit);
  return { ...dataset, samples };
}

export function placementFor(segmenter: InferencePool, source: Size, longestSide: number | undefined): Placement {
  const analysis = longestSide === undefined ? segmenter.nativePlaneFor(source) : undefined;
  return analysis ? { kind: 'native', analysis } : { kind: 'scaled', ...segmenter.geometryFor(source) };
}

function toJson(model: string, { name, split, classes }: LabelledDataset, evaluation: Evaluation) {
  const { scores, confusion, images, networkTime } = evaluation;
  return {
    model,
    data: name,
    split,
    images,
    mIoU: scores.meanIoU,
    pixelAccuracy: scores.pixelAccuracy,
    classAccuracy: scores.classAccuracy,
    classes: scores.classes.map((entry, index) => ({ name: classes[index]?.name, ...entry })),
    confusion: confusion.rows(),
    networkMs: networkTime,
  };
}

function toText(model: string, dataset: LabelledDataset, evaluation: Evaluation, withConfusion: boolean): string {
  const names = dataset.classes.map(({ name }) => name);
  const head = `${model} on ${dataset.name} ${dataset.split}: ${evaluation.images} pictures\n\n`;
  const matrix = withConfusion ? `\n${formatConfusion(evaluation.confusion, names)}` : '';
  return head + formatScores(evaluation, names) + matrix;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

function pair(text: string, earlier: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [from, to, ...rest] = text.split('=');
  if (from && to && rest.length === 0) return { ...earlier, [from]: to };
  throw new InvalidArgumentError('It must be two names with = between them.');
}
