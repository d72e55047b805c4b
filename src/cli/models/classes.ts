import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { MaskcastError } from '../../core/errors.js';
import type { DraftAnswers } from '../../inference/adopt/draft.js';
import type { OutputDraft } from '../../inference/adopt/draft-output.js';

/** In: how a person names the classes of a network. Out: the classes, as many as its output has. */
export type NamedClasses = Pick<DraftAnswers, 'classes' | 'ignoreIndex'>;

/** What stands for the names of so many classes where nobody gives any. */
export const numberedClasses = (count: number): string => `class-0,…,class-${count - 1}`;

const classesFile = z.object({
  ignoreIndex: z.int().optional(),
  classes: z.array(z.object({ name: z.string(), color: z.tuple([z.number(), z.number(), z.number()]).optional() })),
});

/** Classes from a file of either kind, or from names with commas. @throws MaskcastError USAGE */
export async function readClasses(
  answer: string,
  { classes: expected, highest, ignoreIndex }: Pick<OutputDraft, 'classes' | 'highest' | 'ignoreIndex'>,
): Promise<NamedClasses> {
  const found = await parseClasses(answer);
  const count = found.classes.length;
  if (expected !== undefined && count !== expected) {
    throw new MaskcastError('USAGE', `the network has ${expected} classes; "${answer}" names ${count}`);
  }
  if (highest !== undefined && highest >= count && highest !== found.ignoreIndex) {
    throw new MaskcastError(
      'USAGE',
      `the network gives labels up to ${highest} on test pictures; "${answer}" names the classes 0 to ${count - 1}`,
    );
  }
  return { ...found, ignoreIndex: found.ignoreIndex ?? ignoreIndex };
}

async function parseClasses(answer: string): Promise<NamedClasses> {
  const numbered = /^class-0,…,class-(\d+)$/.exec(answer);
  if (numbered) return named(Array.from({ length: Number(numbered[1]) + 1 }, (_, index) => `class-${index}`));
  const text = await readFile(answer, 'utf8').catch(() => undefined);
  if (text === undefined) return named(answer.split(','));
  return answer.endsWith('.json') ? parseJson(text, answer) : named(text.split('\n'));
}

function parseJson(text: string, path: string): NamedClasses {
  try {
    const { classes, ignoreIndex } = classesFile.parse(JSON.parse(text));
    return { classes, ignoreIndex };
  } catch (cause) {
    throw new MaskcastError('USAGE', `${path} is no file of classes: ${(cause as Error).message}`, { cause });
  }
}

function named(lines: readonly string[]): NamedClasses {
  const names = lines.map((line) => line.trim()).filter((line) => line !== '');
  return { classes: names.map((name) => ({ name })), ignoreIndex: undefined };
}
