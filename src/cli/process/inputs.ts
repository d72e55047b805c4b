import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glob, isDynamicPattern } from 'tinyglobby';
import { MaskcastError } from '../../core/errors.js';
import type { FileSource } from '../../core/source.js';
import { scrubText } from '../../media/address/redact.js';
import { parseSource } from '../../media/address/source.js';
import { isVideoName } from '../../media/video-names.js';
import { imageSequence, isImage, matchesNumbers } from './images.js';
import { requireOneOrientation } from './orientation.js';

/**
 * From what a person names to recordings.
 *
 * In: paths of files, folders, patterns with `*`, and `%05d` names of images. Out: recordings, each once, in the order in which
 * they were named, those of one folder or pattern in natural order. A file that is named but not there stays in: it fails at
 * its turn, and the others go on.
 */

export interface InputOptions {
  /** Whether folders within folders are read. */
  readonly recursive: boolean;
  /** Images a second. */
  readonly rate: number;
  /** Absolute; nothing in it is an input. */
  readonly out: string;
}

/** @throws MaskcastError USAGE where a folder or pattern has no recording, or images can't be put in order */
export async function findInputs(texts: readonly string[], options: InputOptions): Promise<FileSource[]> {
  const found: FileSource[] = [];
  const named: string[] = [];
  for (const text of texts) {
    const path = localPath(text);
    const kind = await stat(path).catch(() => undefined);
    if (kind?.isDirectory()) found.push(...(await inFolder(path, options)));
    else if (kind || !isPattern(text)) {
      named.push(path);
      // What is there is a file, whatever its name looks like.
      found.push(kind?.isFile() ? { kind: 'file', path } : fileSource(text));
    } else if (/%0?\d*d/.test(basename(text))) found.push(await numbered(path, options));
    else found.push(...(await matching(text, options)));
  }
  refuseSingleImages(named);
  return found.filter(({ path }, index) => found.findIndex((other) => other.path === path) === index);
}

const isPattern = (text: string): boolean => isDynamicPattern(text) || /%0?\d*d/.test(basename(text));

function localPath(text: string): string {
  try {
    return text.startsWith('file://') ? fileURLToPath(text) : resolve(text);
  } catch {
    return text; // parseSource says what is wrong with it
  }
}

function fileSource(text: string): FileSource {
  const source = parseSource(text);
  if (source.kind !== 'file') throw new MaskcastError('USAGE', `process reads files; received "${scrubText(text)}"`);
  return source;
}

async function inFolder(folder: string, options: InputOptions): Promise<FileSource[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: options.recursive });
  const paths = entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name));
  const outside = paths.filter((path) => !isWithin(path, options.out));
  const videos = outside.filter(isVideoName);
  const withVideos = new Set(videos.map(dirname));
  // Pictures beside videos are previews and covers.
  const images = outside.filter((path) => isImage(path) && !withVideos.has(dirname(path)));
  if (videos.length + images.length === 0) {
    const deeper = options.recursive ? '' : '; --recursive looks into the folders in it, too';
    throw new MaskcastError('USAGE', `${folder} has no video and no images${deeper}`);
  }
  return recordings([...videos, ...images], options);
}

async function matching(pattern: string, options: InputOptions): Promise<FileSource[]> {
  const paths = await glob(pattern.split(sep).join('/'), { absolute: true, expandDirectories: false });
  const files = paths.map((path) => resolve(path)).filter((path) => !isWithin(path, options.out));
  if (files.length === 0) throw new MaskcastError('USAGE', `no file matches "${scrubText(pattern)}"`);
  return recordings(files, options);
}

async function numbered(path: string, options: InputOptions): Promise<FileSource> {
  const matches = matchesNumbers(basename(path));
  const names = await readdir(dirname(path)).catch(() => [] as string[]);
  const images = names.filter(matches).map((name) => join(dirname(path), name));
  if (images.length === 0) throw new MaskcastError('USAGE', `no file matches "${path}"`);
  return sequence(natural(images), names, options.rate);
}

async function sequence(images: readonly string[], folder: readonly string[], rate: number): Promise<FileSource> {
  const found = imageSequence(images, folder, rate);
  await requireOneOrientation(images);
  return found;
}

/** Images of one folder and kind are one recording, a single one as well; any other file is a recording of its own. */
async function recordings(paths: readonly string[], { rate }: InputOptions): Promise<FileSource[]> {
  const found: FileSource[] = [];
  const sequences = new Map<string, string[]>();
  for (const path of natural(paths)) {
    if (!isImage(path)) {
      found.push({ kind: 'file', path });
      continue;
    }
    const key = join(dirname(path), extname(path));
    sequences.set(key, [...(sequences.get(key) ?? []), path]);
  }
  for (const images of sequences.values()) {
    found.push(await sequence(images, await readdir(dirname(images[0] as string)), rate));
  }
  return found;
}

/** A shell that expands `*.png` itself would make every image a recording. */
function refuseSingleImages(paths: readonly string[]): void {
  const folders = paths.filter(isImage).map(dirname);
  const twice = folders.find((folder, index) => folders.indexOf(folder) !== index);
  if (twice === undefined) return;
  throw new MaskcastError(
    'USAGE',
    `${folders.length} images were named one by one; to make them the frames of one recording name their folder, ${twice}, or put the pattern in quotes`,
  );
}

const isWithin = (path: string, folder: string): boolean => path.startsWith(folder + sep);

const collator = new Intl.Collator('en', { numeric: true });
export const natural = (paths: readonly string[]): string[] => [...paths].sort((a, b) => collator.compare(a, b));
