import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { MaskcastError } from '../core/errors.js';
import type { MediaEntry } from '../delivery/http/jobs-schema.js';
import { isVideoName } from '../media/video-names.js';

/**
 * The recordings below the configured folders.
 *
 * In: `mediaDirs`. Out: names like `recordings/2024/gate.mp4`, whose first part stands for a folder, and back. Always holds: no name
 * leads out of its folder, neither by `..` nor by a symbolic link: links are not followed at all.
 */

/** A listing ends here: more than a person looks through. */
const MAX_ENTRIES = 5000;
const MAX_DEPTH = 8;

export class MediaFolders {
  /** Absolute folders by the first part of their names. */
  private readonly roots = new Map<string, string>();

  constructor(folders: readonly string[]) {
    for (const folder of folders.map((each) => resolve(each))) {
      const base = basename(folder) || 'media';
      let name = base;
      for (let n = 2; this.roots.has(name); n++) name = `${base}-${n}`;
      this.roots.set(name, folder);
    }
  }

  /** By path. Folders that can't be read are left out. */
  async list(): Promise<MediaEntry[]> {
    const found: MediaEntry[] = [];
    for (const [name, folder] of this.roots) await collect(folder, name, MAX_DEPTH, found);
    return found.sort((a, b) => a.path.localeCompare(b.path, 'en'));
  }

  /** The absolute path. @throws MaskcastError NOT_FOUND: all that is not in a listing, whatever the reason */
  async locate(path: string): Promise<string> {
    const [name = '', ...parts] = path.split('/');
    const root = this.roots.get(name);
    if (root === undefined || parts.length === 0 || !parts.every(isPlain)) throw absent(path);
    if (!isVideoName(parts.at(-1) as string)) throw absent(path);
    const real = await realpath(root).catch(() => undefined);
    if (real === undefined) throw absent(path);
    const wanted = join(real, ...parts);
    const found = await realpath(wanted).catch(() => undefined);
    const facts = await lstat(wanted).catch(() => undefined);
    if (found !== wanted || !facts?.isFile()) throw absent(path);
    return wanted;
  }
}

async function collect(folder: string, name: string, depth: number, found: MediaEntry[]): Promise<void> {
  if (depth === 0) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name, 'en'))) {
    if (found.length >= MAX_ENTRIES) return;
    if (!isPlain(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await collect(path, `${name}/${entry.name}`, depth - 1, found);
    if (!entry.isFile() || !isVideoName(entry.name)) continue;
    const facts = await lstat(path).catch(() => undefined);
    if (!facts) continue;
    found.push({ path: `${name}/${entry.name}`, name: entry.name, bytes: facts.size, modified: facts.mtimeMs });
  }
}

/** One part of a path that means itself. Hidden files are not shown, and control characters can't be given to ffmpeg. */
const isPlain = (part: string): boolean =>
  part !== '' &&
  !part.startsWith('.') &&
  !part.includes(sep) &&
  !part.includes('\\') &&
  ![...part].some((character) => character < ' ' || character === '\x7f');

const absent = (path: string): MaskcastError =>
  new MaskcastError('NOT_FOUND', `there is no recording "${path.slice(0, 200)}" in the media folders`);
