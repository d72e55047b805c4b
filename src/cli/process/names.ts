import { createHash } from 'node:crypto';
import { basename, dirname, parse } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import type { FileSource } from '../../core/source.js';

/**
 * A folder name for each recording's results: its name without the extension; with the extension, then with its folders'
 * names before it, where two would share one. Depends on the set of inputs, not on their order.
 */
export function resultNames(sources: readonly FileSource[]): string[] {
  // NAME.work is where the results of NAME are made.
  const candidates = sources.map((source) =>
    namesFor(source).map((name) => shortened(name.replace(/\.work$/i, '-work'))),
  );
  const levels = candidates.map(() => 0);
  const nameAt = (index: number) => candidates[index]?.[levels[index] as number] ?? '';
  for (;;) {
    // File systems of some systems don't tell capital letters apart.
    const taken = new Map<string, number[]>();
    for (const index of sources.keys()) {
      const key = nameAt(index).toLowerCase();
      taken.set(key, [...(taken.get(key) ?? []), index]);
    }
    const shared = [...taken.values()].filter((indices) => indices.length > 1).flat();
    if (shared.length === 0) return sources.map((_, index) => nameAt(index));
    for (const index of shared) {
      levels[index] = (levels[index] as number) + 1;
      if (nameAt(index) === '') {
        throw new MaskcastError('USAGE', `no name of its own is left for the results of ${sources[index]?.path}`);
      }
    }
  }
}

/** Bytes of a name that leave room in the 255 of a file system for what the run adds to it. */
const LONGEST = 240;

/** A name of its own for each long one. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  let short = '';
  for (const character of name) {
    if (Buffer.byteLength(short + character) > LONGEST - digest.length - 1) break;
    short += character;
  }
  return `${short}-${digest}`;
}

function namesFor({ path, images }: FileSource): string[] {
  const folders = foldersOf(dirname(path));
  if (images) {
    const stem = parse(path)
      .name.replace(/%0?\d*d|\\|\*|%/g, '')
      .replace(/[-_. ]+$/, '');
    const [folder = 'images', ...above] = folders;
    const full = stem === '' ? folder : `${folder}-${stem}`;
    return [folder, full, ...withFolders(folder, above), ...withFolders(full, above)];
  }
  // A leading dot would hide the folder.
  const stem = parse(path).name.replace(/^\.+/, '') || 'video';
  return [stem, basename(path), ...withFolders(stem, folders), ...withFolders(basename(path), folders)];
}

/** `b-name`, `a-b-name`, … */
function withFolders(name: string, folders: readonly string[]): string[] {
  return folders.map((_, index) => [...folders.slice(0, index + 1).reverse(), name].join('-'));
}

/** Names of the folders that a path lies in, the innermost first. */
function foldersOf(folder: string): string[] {
  const name = basename(folder).replaceAll('%%', '%').replaceAll('\\', '');
  return name === '' ? [] : [name, ...foldersOf(dirname(folder))];
}
