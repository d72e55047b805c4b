import { basename, parse } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { MaskcastError } from '../../core/errors.js';
import { NORMALIZATIONS, namesFromMetadata } from '../../inference/adopt/draft.js';
import type { OutputDraft } from '../../inference/adopt/draft-output.js';
import type { Inspection } from '../../inference/adopt/inspect.js';
import type { CommandContext } from '../context.js';
import type { AddFlags } from './add-flags.js';
import { numberedClasses } from './classes.js';
import { hasPixelFlags } from './normalization.js';

/** What no graph tells: asked of a person, taken from the command line, or guessed. */
export interface Question {
  readonly flag: string;
  readonly text: string;
  /** Absent where nothing speaks for any answer. */
  readonly guess: string | undefined;
  /** Answers that are allowed; any text where absent. */
  readonly choices?: readonly string[];
  /** From the command line. */
  readonly given: string | undefined;
}

export type Topic = 'name' | 'classes' | 'colorOrder' | 'normalization' | 'longestSide' | 'licence' | 'data';
export type Questions<Topics extends string = Topic> = Readonly<Record<Topics, Question>>;
export type Answers<Topics extends string = Topic> = Readonly<Record<Topics, string>>;

/** Which of several outputs is to be taken. */
export const outputQuestion = (drafts: readonly OutputDraft[], { output }: AddFlags): Questions<'output'> => ({
  output: {
    flag: '--output',
    text: `Output that labels pixels, of ${drafts.map(({ tensor, stride }) => `"${tensor}" (one value for ${stride}×${stride} pixels)`).join(', ')}`,
    guess: drafts[0]?.tensor,
    choices: drafts.map(({ tensor }) => tensor),
    given: output ?? (drafts.length < 2 ? (drafts[0]?.tensor ?? '') : undefined),
  },
});

export function questions(
  path: string,
  { input, header }: Inspection,
  output: OutputDraft,
  flags: AddFlags,
  /** Classes that another output of the same network has. */
  elsewhere: number | undefined,
): Questions {
  const exact = input.type === 'uint8';
  return {
    name: { flag: '--name', text: 'Name of the model', guess: nameFrom(path), given: flags.name },
    classes: {
      flag: '--classes',
      text: classesText(output),
      guess: guessClasses(namesFromMetadata(header.metadata), output, elsewhere),
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
      text: 'How bytes become the input: imagenet (0–1, then mean and deviation), unit (0–1), symmetric (−1–1), none (0–255); or other figures by --mean and --std',
      guess: exact ? 'none' : 'imagenet',
      choices: Object.keys(NORMALIZATIONS),
      given: exact || hasPixelFlags(flags) ? 'none' : flags.normalization,
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

function classesText({ classes, highest }: OutputDraft): string {
  const seen =
    highest === undefined || classes !== undefined
      ? ''
      : `; labels up to ${highest} were seen on test pictures, which don't show how many there are`;
  return `Names of the ${classes === undefined ? '' : `${classes} `}classes, with commas, or a file (classes.json, or a name a line)${seen}`;
}

/** Undefined for labels whose number nothing tells: with one too few, the highest class would be shown as another one. */
function guessClasses(
  noted: readonly string[] | undefined,
  { classes, highest = -1 }: OutputDraft,
  elsewhere: number | undefined,
): string | undefined {
  const count = classes ?? (elsewhere !== undefined && elsewhere > highest ? elsewhere : undefined);
  if (noted && (count === undefined ? noted.length > highest : noted.length === count)) return noted.join(',');
  return count === undefined ? undefined : numberedClasses(count);
}

/** A model's name from that of its file. */
function nameFrom(path: string): string {
  const name = parse(basename(path))
    .name.replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return name.slice(0, 100) || 'model';
}

/** Answers from the command line, then from the person or, with `--yes`, the guesses. @throws MaskcastError USAGE */
export async function answerAll<Topics extends string>(
  asked: Questions<Topics>,
  { yes, json }: AddFlags,
  { terminal, stop }: CommandContext,
): Promise<Answers<Topics>> {
  const all = Object.values<Question>(asked);
  const open = all.filter(({ given, guess }) => given === undefined && !(yes && guess !== undefined));
  const interactive = process.stdin.isTTY && terminal.stdout.isTTY && !json && !yes;
  if (open.length > 0 && !interactive) {
    const list = open.map(
      ({ flag, text, guess }) => `  ${flag}: ${text} (${guess === undefined ? 'no guess' : `guess: ${guess}`})`,
    );
    throw new MaskcastError(
      'USAGE',
      `the graph doesn't tell everything; give these${yes ? '' : ', or --yes for the guesses'}:\n${list.join('\n')}`,
    );
  }
  const reader = open.length > 0 ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  const ended = new AbortController();
  reader?.once('close', () => ended.abort());
  const signal = AbortSignal.any([ended.signal, stop]);
  try {
    const answers: Record<string, string> = {};
    for (const [topic, question] of Object.entries<Question>(asked)) {
      const { text, guess = '', choices } = question;
      const ask = async () => {
        for (;;) {
          const reply = (await reader?.question(`${text} [${guess}]: `, { signal }))?.trim() || guess;
          if (choices ? choices.includes(reply) : reply !== '') return reply;
          terminal.stdout.write(
            choices ? `It must be one of ${choices.join(', ')}.\n` : 'There is no guess for this.\n',
          );
        }
      };
      answers[topic] = question.given ?? (yes ? guess : await ask());
    }
    return answers as Answers<Topics>;
  } catch (cause) {
    throw new MaskcastError('CLOSED', 'nothing was added: the questions were not answered', { cause });
  } finally {
    reader?.close();
  }
}
