import type { MaskcastError, Remedy } from '../core/errors.js';

/** What to do about an error, as whoever typed a command can do it. */

const WORDS: Readonly<Record<Exclude<Remedy, 'make-room'>, string>> = {
  'go-on': 'go on with --resume',
  'begin-anew': 'start again with --force',
};

/** The message, and what to do. */
export function toldWithRemedies({ message, remedies }: Pick<MaskcastError, 'message' | 'remedies'>): string {
  const ways = remedies.flatMap((remedy) => (remedy === 'make-room' ? [] : [WORDS[remedy]])).join(' or ');
  const room = remedies.includes('make-room') ? 'free some space' : '';
  const what = [room, ways].filter((part) => part !== '').join(', then ');
  return what === '' ? message : `${message}; ${what}`;
}
