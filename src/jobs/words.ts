import { asMaskcastError, MaskcastError } from '../core/errors.js';

/** Texts as people of the API read them: where files lie on this machine is nobody's business. */

/** @param names words for paths */
export function errorInWords(error: unknown, names: Readonly<Record<string, string>>): MaskcastError {
  const known = asMaskcastError(error);
  const { code, retryable, details, remedies } = known;
  return new MaskcastError(code, inWords(known.message, names), { retryable, details, remedies, cause: known });
}

export function inWords(text: string, names: Readonly<Record<string, string>>): string {
  const longestFirst = Object.entries(names).sort(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}
