import { asMaskcastError, MaskcastError } from '../core/errors.js';
import { HOW_TO_BEGIN_ANEW, HOW_TO_GO_ON } from '../flow/durable.js';

/** Texts as people of the API read them: where files lie on this machine is nobody's business, and they have no command line. */

/** @param names words for paths */
export function errorInWords(error: unknown, names: Readonly<Record<string, string>>): MaskcastError {
  const known = asMaskcastError(error);
  const { code, retryable, details } = known;
  return new MaskcastError(code, inWords(known.message, names), { retryable, details, cause: known });
}

export function inWords(text: string, names: Readonly<Record<string, string>>): string {
  const longestFirst = Object.entries(names).sort(([a], [b]) => b.length - a.length);
  const words = [
    ...longestFirst,
    [HOW_TO_GO_ON, 'retry the job'] as const,
    [HOW_TO_BEGIN_ANEW, 'retry the job'] as const,
  ];
  return words.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}
