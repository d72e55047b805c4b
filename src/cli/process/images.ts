import { basename, dirname, extname, join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import type { FileSource } from '../../core/source.js';

/** From files to the pattern by which ffmpeg finds the images of a sequence, all of them and no others. */

const IMAGE = /\.(png|jpe?g|bmp|tiff?|webp|exr|dpx|tga|p[gpn]m|jp2)$/i;

export const isImage = (path: string): boolean => IMAGE.test(path);

/** Whether a name is one of those that a name with one `%05d` stands for. */
export function matchesNumbers(pattern: string): (name: string) => boolean {
  const [, before = '', width = '', after = ''] = /^(.*)%0?(\d*)d(.*)$/.exec(pattern) ?? [];
  const digits = width === '' ? '\\d+' : `\\d{${width},}`;
  const matcher = new RegExp(`^${escaped(before)}${digits}${escaped(after)}$`);
  return (name) => matcher.test(name);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * @param images absolute paths of one folder and extension, in the order in which they are frames
 * @param folder all names in that folder
 * @throws MaskcastError USAGE where no pattern stands for these images in this order
 */
export function imageSequence(images: readonly string[], folder: readonly string[], rate: number): FileSource {
  const [first = ''] = images;
  if (images.length === 1) return { kind: 'file', path: first };
  const where = dirname(first);
  const names = images.map((path) => basename(path));
  const run = numberedRun(names, new Set(folder));
  const count = images.length;
  if (run) {
    const path = join(where.replaceAll('%', '%%'), run.pattern);
    return { kind: 'file', path, images: { names: 'numbered', first: run.first, count, rate } };
  }
  const pattern = commonPattern(names, folder);
  const inOrder = names.every(
    (name, index) => index === 0 || Buffer.compare(Buffer.from(names[index - 1] as string), Buffer.from(name)) < 0,
  );
  if (pattern === undefined || !inOrder) {
    const why = inOrder ? 'other images lie between them' : 'their names sort in another order than their numbers';
    throw new MaskcastError(
      'USAGE',
      `${count} images in ${where} (${names[0]} to ${names.at(-1)}) can't be read as one sequence: ${why}; number them with leading zeros, in a folder of their own`,
    );
  }
  return { kind: 'file', path: join(literal(where), pattern), images: { names: 'any', first: 0, count, rate } };
}

/** Names that differ in one number only, which rises by one from each to the next, with no such name before or after. */
function numberedRun(
  names: readonly string[],
  all: ReadonlySet<string>,
): { pattern: string; first: number } | undefined {
  const parts = /^(.*?)(\d+)(\D*)$/.exec(names[0] as string);
  if (!parts) return undefined;
  const [, before = '', digits = '', after = ''] = parts;
  const first = Number(digits);
  const padded =
    digits.length > 1 && (digits.startsWith('0') || names.every((name) => name.length === names[0]?.length));
  const name = (number: number) => `${before}${padded ? String(number).padStart(digits.length, '0') : number}${after}`;
  if (names.some((each, index) => each !== name(first + index))) return undefined;
  if (all.has(name(first - 1)) || all.has(name(first + names.length))) return undefined;
  const percent = (text: string) => text.replaceAll('%', '%%');
  return { pattern: `${percent(before)}%${padded ? `0${digits.length}` : ''}d${percent(after)}`, first };
}

/** The beginning and the end that all names share, where no other name in the folder has both. */
function commonPattern(names: readonly string[], folder: readonly string[]): string | undefined {
  const [first = ''] = names;
  const extension = extname(first);
  const shared = [...first].findIndex((letter, index) => names.some((name) => name[index] !== letter));
  const before = first.slice(0, Math.max(0, shared));
  const others = folder.filter((name) => name.startsWith(before) && name.endsWith(extension));
  return others.length === names.length ? `${literal(before)}*${literal(extension)}` : undefined;
}

/** glob(7)'s special characters as themselves. */
const literal = (text: string): string => text.replace(/[*?[\]\\{}~]/g, '\\$&');
