import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MaskcastError } from '../../core/errors.js';

/** The finished results of one recording, as a part of a data set. */
export interface DatasetRecording {
  /** Goes before the names of its frames; no other recording of the data set has it. */
  readonly name: string;
  /** Absolute; the folder of its results. */
  readonly folder: string;
  /** What is there that a data set can hold. */
  readonly parts: ReadonlySet<DatasetPart>;
  /** Absent where they have to be counted. */
  readonly frames?: number;
}

/** Files and folders of results that go into a data set, by the name of the output that wrote them. */
export const DATASET_PARTS = {
  frames: 'frames',
  coco: 'coco.json',
  yolo: 'yolo',
  semantic: 'semantic',
  cityscapes: 'cityscapes',
  'label-studio': 'label-studio.json',
} as const;
export type DatasetPart = keyof typeof DATASET_PARTS;

/**
 * Finds results in folders: each is the results of one recording, or holds such folders.
 * @throws MaskcastError USAGE where a folder has none
 */
export async function findResults(folders: readonly string[]): Promise<DatasetRecording[]> {
  const found: { folder: string; parts: ReadonlySet<DatasetPart> }[] = [];
  for (const folder of folders.map((text) => resolve(text))) {
    const own = await partsOf(folder);
    const below = own.size > 0 ? [] : await resultsIn(folder);
    if (own.size === 0 && below.length === 0) {
      throw new MaskcastError(
        'USAGE',
        `${folder} has no results for a data set; \`maskcast process\` makes them with --output ${Object.keys(DATASET_PARTS).join(',')}`,
      );
    }
    found.push(...(own.size > 0 ? [{ folder, parts: own }] : below));
  }
  const unique = found.filter(({ folder }, index) => found.findIndex((other) => other.folder === folder) === index);
  const names = uniqueNames(unique.map(({ folder }) => folder));
  return unique.map((entry, index) => ({ ...entry, name: names[index] as string }));
}

async function resultsIn(folder: string): Promise<{ folder: string; parts: ReadonlySet<DatasetPart> }[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.endsWith('.work')).map(({ name }) => name);
  const all = await Promise.all(
    names.sort().map(async (name) => ({ folder: join(folder, name), parts: await partsOf(join(folder, name)) })),
  );
  return all.filter(({ parts }) => parts.size > 0);
}

/** What a data set can hold of the results in a folder. */
export async function partsOf(folder: string): Promise<ReadonlySet<DatasetPart>> {
  const names = Object.keys(DATASET_PARTS) as DatasetPart[];
  const there = await Promise.all(
    names.map((part) =>
      stat(join(folder, DATASET_PARTS[part])).then(
        () => true,
        () => false,
      ),
    ),
  );
  return new Set(names.filter((_, index) => there[index]));
}

/** Each folder's name, with those of the folders above it where two would share one. */
function uniqueNames(folders: readonly string[]): readonly string[] {
  const named = (levels: number) => (folder: string) => {
    const parts: string[] = [];
    for (let at = folder; parts.length <= levels && basename(at) !== ''; at = dirname(at)) parts.unshift(basename(at));
    return parts.join('-');
  };
  for (let levels = 0; levels < 16; levels++) {
    const names = folders.map(named(levels));
    if (new Set(names.map((name) => name.toLowerCase())).size === names.length) return names;
  }
  return folders.map((folder, index) => `${index + 1}-${basename(folder)}`);
}
