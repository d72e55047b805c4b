import { createHash } from 'node:crypto';
import type { Results } from './results.js';

/** What people write for the page, kept in `words.md`: sections that begin with `<!-- section: NAME, of SCORES -->`, or without SCORES
 * where they speak of none. */
export interface Words {
  readonly text: string;
  /** The scores that it speaks of; see `scoresDigest`. */
  readonly of: string | undefined;
}

const HEAD = /^<!-- section: ([\w-]+)(?:, of ([0-9a-f]+))? -->$/gm;

export function parseWords(content: string): ReadonlyMap<string, Words> {
  const heads = [...content.matchAll(HEAD)];
  return new Map(
    heads.map((head, index) => {
      const [line, name = '', of] = head;
      return [name, { of, text: content.slice(head.index + line.length, heads[index + 1]?.index).trim() }];
    }),
  );
}

/** Changes whenever a score of a network does, so that the page can say when words are older than figures. */
export function scoresDigest({ models }: Results): string {
  const scores = models.map(({ name, scores }) => [
    name,
    Object.entries(scores).map(([split, { mIoU }]) => [split, mIoU]),
  ]);
  return createHash('sha256').update(JSON.stringify(scores)).digest('hex').slice(0, 8);
}
