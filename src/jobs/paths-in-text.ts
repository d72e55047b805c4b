import { asMaskcastError, MaskcastError } from '../core/errors.js';

/** The same error with other words for paths: where files lie on this machine is nobody's business. */
export function withoutPaths(error: unknown, names: Readonly<Record<string, string>>): MaskcastError {
  const known = asMaskcastError(error);
  const { code, retryable, details } = known;
  return new MaskcastError(code, textWithoutPaths(known.message, names), { retryable, details, cause: known });
}

export function textWithoutPaths(text: string, names: Readonly<Record<string, string>>): string {
  const longestFirst = Object.entries(names).sort(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((result, [path, name]) => result.replaceAll(path, name), text);
}
