import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { MaskcastError } from '../core/errors.js';
import { buildDataset } from '../record/dataset/build.js';
import { type DatasetPlan, planDataset } from '../record/dataset/plan.js';
import { DATASET_PARTS, type DatasetPart, findResults } from '../record/dataset/recordings.js';
import { parseSplit, validationNames } from '../record/dataset/split.js';
import type { CommandContext } from './context.js';

interface DatasetFlags {
  readonly out: string;
  readonly val: string;
  readonly output?: string;
  readonly picturePrefix: string;
  readonly force?: true;
  readonly json?: true;
}

const HELP = `
Each folder is the results of one recording, or holds such folders. What all of them have goes in:

  maskcast process day1.mp4 day2.mp4 day3.mp4 -o results --output frames,coco,yolo,semantic
  maskcast dataset results -o data --val day3

--val takes names of recordings, with commas, or a share of them. A recording is never parted.`;

const KINDS = Object.keys(DATASET_PARTS) as readonly DatasetPart[];

/** `maskcast dataset RESULTS… -o DIR`: the results of several recordings as one data set. */
export function registerDataset(program: Command, context: CommandContext): void {
  program
    .command('dataset')
    .description('join the results of several recordings into one data set, split into train and val')
    .argument('<results...>', 'folders that `process` wrote')
    .requiredOption('-o, --out <dir>', 'folder of the data set; must not exist')
    .option('--val <names or share>', 'recordings for validation', '0.2')
    .option('--output <names>', `what goes in: ${KINDS.join(', ')} (default: what all recordings have)`)
    .option('--picture-prefix <text>', "what Label Studio's addresses of pictures begin with", '')
    .option('--force', 'replace a data set that exists')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action((folders: readonly string[], flags: DatasetFlags) => run(folders, flags, context));
}

async function run(folders: readonly string[], flags: DatasetFlags, { terminal, stop }: CommandContext): Promise<void> {
  const recordings = await findResults(folders);
  const names = recordings.map(({ name }) => name);
  const validation = validationNames(names, parseSplit(flags.val, names));
  const target = resolve(flags.out);
  if (recordings.some(({ folder }) => folder === target || folder.startsWith(`${target}/`))) {
    throw new MaskcastError('USAGE', `${target} holds the results themselves; give the data set another folder`);
  }
  const parts = flags.output === undefined ? undefined : parseKinds(flags.output);
  const plan = await planDataset({ recordings, validation, parts, picturePrefix: flags.picturePrefix });
  if (flags.force) await rm(target, { recursive: true, force: true });
  await buildDataset(plan, target, stop);
  const report = reportOf(plan, target);
  terminal.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : formatReport(report));
}

function parseKinds(text: string): ReadonlySet<DatasetPart> {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(KINDS as readonly string[]).includes(name));
  if (unknown === undefined) return new Set(names as DatasetPart[]);
  throw new MaskcastError('USAGE', `--output must be of ${KINDS.join(', ')}; received "${unknown}"`);
}

interface DatasetReport {
  readonly target: string;
  readonly parts: readonly DatasetPart[];
  readonly left: readonly DatasetPart[];
  readonly recordings: readonly { readonly name: string; readonly split: string; readonly frames: number }[];
}

function reportOf({ parts, left, recordings }: DatasetPlan, target: string): DatasetReport {
  const told = recordings.map(({ name, split, frames }) => ({ name, split, frames }));
  return { target, parts: [...parts], left, recordings: told };
}

function formatReport({ target, parts, left, recordings }: DatasetReport): string {
  const width = Math.max(...recordings.map(({ name }) => name.length));
  const rows = recordings.map(
    ({ name, split, frames }) => `  ${name.padEnd(width)}  ${split.padEnd(5)}  ${frames} frames\n`,
  );
  const missing = left.length > 0 ? `Left out, since not all recordings have it: ${left.join(', ')}\n` : '';
  return `${target}: ${parts.join(', ')}\n${rows.join('')}${missing}`;
}
