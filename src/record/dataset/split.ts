import { createHash } from 'node:crypto';
import { MaskcastError } from '../../core/errors.js';

/**
 * Which recordings are for validation. A recording is never parted: neighbouring frames are so alike that scores over the others would say
 * nothing.
 */
export type Split =
  /** Share of the recordings, 0 to 1. */
  { readonly kind: 'share'; readonly share: number } | { readonly kind: 'names'; readonly names: readonly string[] };

/**
 * `0.2`, or names with commas. What is a recording's name is meant as one: days are names, and so may numbers be.
 * @throws MaskcastError USAGE
 */
export function parseSplit(text: string, recordings: readonly string[]): Split {
  if (recordings.includes(text)) return { kind: 'names', names: [text] };
  const names = text.split(',').flatMap((name) => name.trim() || []);
  const share = Number(text);
  if (text.trim() === '' || Number.isNaN(share) || names.every((name) => recordings.includes(name))) {
    return { kind: 'names', names };
  }
  if (share >= 0 && share < 1) return { kind: 'share', share };
  throw new MaskcastError(
    'USAGE',
    `a split is a share from 0 to below 1, or names of recordings (${recordings.join(', ')}); received "${text}"`,
  );
}

/**
 * Names of the recordings for validation. With a share, the same recordings each time: by a digest of their names, so that one more recording
 * moves few others. At least one stays on either side where there are two or more.
 * @throws MaskcastError USAGE on a name that isn't there
 */
export function validationNames(names: readonly string[], split: Split): ReadonlySet<string> {
  if (split.kind === 'names') {
    const unknown = split.names.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new MaskcastError('USAGE', `there is no recording "${unknown}"; there are ${names.join(', ')}`);
    }
    return new Set(split.names);
  }
  if (split.share === 0 || names.length < 2) return new Set();
  const count = Math.min(names.length - 1, Math.max(1, Math.round(split.share * names.length)));
  const digest = (name: string) => createHash('sha256').update(name).digest('hex');
  return new Set([...names].sort((a, b) => (digest(a) < digest(b) ? -1 : 1)).slice(0, count));
}
