import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import { type LabelledDataset, openDataset } from '../../evaluate/dataset.js';
import { type Evaluation, evaluate } from '../../evaluate/evaluate.js';
import { createSegmenter } from '../../inference/segmenter.js';
import type { CommandContext } from '../context.js';
import { MODELS } from '../paths.js';
import { showProgress } from '../progress.js';
import { type ClassMapFlags, classMapOf, mapOption, mergeOption, placementFor, wholeNumber } from './flags.js';
import { formatConfusion, formatScores } from './report.js';

interface EvalFlags extends ClassMapFlags {
  readonly data: string;
  readonly split: string;
  readonly model?: string;
  readonly modelsDir?: string;
  readonly config?: string;
  readonly every: number;
  readonly limit?: number;
  readonly threads?: number;
  readonly longestSide?: number;
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
    .addOption(mapOption())
    .addOption(mergeOption())
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
      map: classMapOf(flags),
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
