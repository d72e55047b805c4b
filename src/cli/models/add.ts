import { readFile } from 'node:fs/promises';
import { basename, parse } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { MaskcastError } from '../../core/errors.js';
import { addModel } from '../../inference/add-model.js';
import {
  type DraftAnswers,
  draftOutput,
  NORMALIZATIONS,
  type Normalization,
  namesFromMetadata,
  type OutputDraft,
} from '../../inference/draft.js';
import { type Inspection, inspectModel } from '../../inference/inspect.js';
import type { CommandContext } from '../context.js';
import { type ModelsFlags, modelsDirOf, withCommonOptions } from './flags.js';

interface AddFlags extends ModelsFlags {
  readonly name?: string;
  readonly classes?: string;
  readonly output?: string;
  readonly colorOrder?: 'RGB' | 'BGR';
  readonly normalization?: Normalization;
  readonly longestSide?: string;
  readonly licence?: string;
  readonly data?: string;
  readonly yes?: true;
}

/** `maskcast models add PATH`: a third party's ONNX file becomes a model that everything here can use. */
export function registerModelsAdd(models: Command, context: CommandContext): void {
  withCommonOptions(
    models
      .command('add')
      .description('bring in an ONNX file: draft its manifest from the graph, ask for the rest, run it once')
      .argument('<path>', 'the .onnx file')
      .option('--name <name>', "the model's name; the file's where absent")
      .option('--classes <file>', 'class names: classes.json of a data set, or a text file with a name a line')
      .option('--output <tensor>', 'output that labels pixels, where there are several')
      .addOption(new Option('--color-order <order>', 'order of the input channels').choices(['RGB', 'BGR']))
      .addOption(
        new Option('--normalization <kind>', 'how bytes become the float32 input').choices(Object.keys(NORMALIZATIONS)),
      )
      .option('--longest-side <pixels>', 'size to which pictures are scaled down, where the network takes any')
      .option('--licence <text>', 'under which terms the weights may be used')
      .option('--data <text>', 'what the network was trained on')
      .option('-y, --yes', 'take the guesses instead of asking'),
  ).action((path: string, flags: AddFlags) => add(path, flags, context));
}

async function add(path: string, flags: AddFlags, context: CommandContext): Promise<void> {
  const { stdout } = context.terminal;
  const inspection = await inspectModel(path);
  const output = draftOutput(inspection, flags.output);
  if (!flags.json) stdout.write(describe(inspection, output));
  const asked = await questions(path, inspection, output, flags);
  const answers = await answerAll(asked, flags, context);
  const classes = await readClasses(answers.classes, output.classes);
  const { dir, manifest } = await addModel({
    path,
    modelsDir: modelsDirOf(flags, context),
    inspection,
    output,
    longestSide: wholeNumber(answers.longestSide),
    answers: {
      name: answers.name,
      colorOrder: answers.colorOrder as DraftAnswers['colorOrder'],
      normalization: answers.normalization as Normalization,
      licence: answers.licence,
      data: answers.data,
      ...classes,
    },
  });
  stdout.write(
    flags.json
      ? `${JSON.stringify({ dir, manifest })}\n`
      : `\nAdded ${manifest.name}: it loads and runs. Manifest and card are in ${dir}: look through both.\n${guessed(asked, flags)}`,
  );
}

/** Which answers nobody gave: a wrong one runs as well as a right one. */
function guessed(asked: Readonly<Record<Topic, Question>>, { yes }: AddFlags): string {
  const taken = Object.values(asked).filter(({ given }) => yes && given === undefined);
  if (taken.length === 0) return '';
  const list = taken.map(({ flag, guess }) => `  ${flag}: ${guess}`).join('\n');
  return `Guessed (a wrong guess runs too; masks or \`maskcast eval\` show it):\n${list}\n`;
}

/** What the graph can't tell. */
interface Question {
  readonly flag: string;
  readonly text: string;
  readonly guess: string;
  /** Answers that are allowed; any text where absent. */
  readonly choices?: readonly string[];
  /** From the command line. */
  readonly given: string | undefined;
}

type Topic = 'name' | 'classes' | 'colorOrder' | 'normalization' | 'longestSide' | 'licence' | 'data';

async function questions(
  path: string,
  { input, header }: Inspection,
  output: OutputDraft,
  flags: AddFlags,
): Promise<Readonly<Record<Topic, Question>>> {
  const names = namesFromMetadata(header.metadata);
  const noted = names !== undefined && (output.classes === undefined || names.length === output.classes);
  const count = output.classes ?? 2;
  return {
    name: { flag: '--name', text: 'Name of the model', guess: nameFrom(path), given: flags.name },
    classes: {
      flag: '--classes',
      text: `Names of the ${output.classes ?? ''} classes, with commas, or a file (classes.json, or a name a line)`,
      guess: noted ? names.join(',') : `class-0,…,class-${count - 1}`,
      given: flags.classes,
    },
    colorOrder: {
      flag: '--color-order',
      text: 'Order of the input channels',
      guess: 'RGB',
      choices: ['RGB', 'BGR'],
      given: flags.colorOrder,
    },
    normalization: {
      flag: '--normalization',
      text: 'How bytes become the input: imagenet (0–1, then mean and deviation), unit (0–1), symmetric (−1–1), none (0–255)',
      guess: input.type === 'uint8' ? 'none' : 'imagenet',
      choices: Object.keys(NORMALIZATIONS),
      given: input.type === 'uint8' ? 'none' : flags.normalization,
    },
    longestSide: {
      flag: '--longest-side',
      text: 'Longest side to which pictures are scaled down, in pixels',
      guess: '512',
      given: input.size ? '512' : flags.longestSide,
    },
    licence: {
      flag: '--licence',
      text: 'Licence of the weights',
      guess: header.metadata.license ?? 'unknown',
      given: flags.licence,
    },
    data: { flag: '--data', text: 'What it was trained on', guess: 'unknown', given: flags.data },
  };
}

/** A model's name from that of its file. */
function nameFrom(path: string): string {
  const name = parse(basename(path))
    .name.replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return name.slice(0, 100) || 'model';
}

/** Answers from the command line, then from the person or, with `--yes`, the guesses. @throws MaskcastError USAGE */
async function answerAll(
  asked: Readonly<Record<Topic, Question>>,
  { yes, json }: AddFlags,
  { terminal, stop }: CommandContext,
): Promise<Readonly<Record<Topic, string>>> {
  const open = Object.values(asked).filter(({ given }) => given === undefined);
  const interactive = process.stdin.isTTY && terminal.stdout.isTTY && !json;
  if (open.length > 0 && !yes && !interactive) {
    const list = open.map(({ flag, text, guess }) => `  ${flag}: ${text} (guess: ${guess})`).join('\n');
    throw new MaskcastError(
      'USAGE',
      `the graph doesn't tell everything; give these, or --yes for the guesses:\n${list}`,
    );
  }
  const reader =
    open.length > 0 && !yes ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  const ended = new AbortController();
  reader?.once('close', () => ended.abort());
  const signal = AbortSignal.any([ended.signal, stop]);
  try {
    const answers: Partial<Record<Topic, string>> = {};
    for (const [topic, question] of Object.entries(asked) as [Topic, Question][]) {
      const ask = async () => {
        for (;;) {
          const reply =
            (await reader?.question(`${question.text} [${question.guess}]: `, { signal }))?.trim() || question.guess;
          if (!question.choices || question.choices.includes(reply)) return reply;
          terminal.stdout.write(`It must be one of ${question.choices.join(', ')}.\n`);
        }
      };
      answers[topic] = question.given ?? (yes ? question.guess : await ask());
    }
    return answers as Record<Topic, string>;
  } catch (cause) {
    throw new MaskcastError('CLOSED', 'nothing was added: the questions were not answered', { cause });
  } finally {
    reader?.close();
  }
}

const classesFile = z.object({
  ignoreIndex: z.int().optional(),
  classes: z.array(z.object({ name: z.string(), color: z.tuple([z.number(), z.number(), z.number()]).optional() })),
});

/** Classes from a file of either kind, or from names with commas. @throws MaskcastError USAGE */
async function readClasses(
  answer: string,
  expected: number | undefined,
): Promise<Pick<DraftAnswers, 'classes' | 'ignoreIndex'>> {
  const numbered = /^class-0,…,class-(\d+)$/.exec(answer);
  if (numbered) return named(Array.from({ length: Number(numbered[1]) + 1 }, (_, index) => `class-${index}`));
  const text = await readFile(answer, 'utf8').catch(() => undefined);
  const found =
    text === undefined
      ? named(answer.split(','))
      : answer.endsWith('.json')
        ? parseJson(text, answer)
        : named(text.split('\n'));
  if (expected === undefined || found.classes.length === expected) return found;
  throw new MaskcastError('USAGE', `the network has ${expected} classes; "${answer}" names ${found.classes.length}`);
}

function parseJson(text: string, path: string): Pick<DraftAnswers, 'classes' | 'ignoreIndex'> {
  try {
    const { classes, ignoreIndex } = classesFile.parse(JSON.parse(text));
    return { classes, ignoreIndex };
  } catch (cause) {
    throw new MaskcastError('USAGE', `${path} is no file of classes: ${(cause as Error).message}`, { cause });
  }
}

function named(lines: readonly string[]): Pick<DraftAnswers, 'classes' | 'ignoreIndex'> {
  const names = lines.map((line) => line.trim()).filter((line) => line !== '');
  return { classes: names.map((name) => ({ name })), ignoreIndex: undefined };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new MaskcastError('USAGE', `--longest-side must be a whole number from 1; received "${text}"`);
}

function describe({ input, header }: Inspection, output: OutputDraft): string {
  const { width, height } = input.size ?? {};
  const classes = output.classes === undefined ? 'an unknown number of classes' : `${output.classes} classes`;
  return [
    `input   "${input.tensor}": ${input.type} ${input.layout}, ${input.size ? `${width}×${height}` : 'any size'}`,
    `output  "${output.tensor}": ${output.kind} of ${classes}, ${output.layout}, one value for ${output.stride}×${output.stride} pixels`,
    `made by ${header.producer || 'an unknown program'}, opset ${header.opset ?? 'unknown'}`,
    '',
    '',
  ].join('\n');
}
