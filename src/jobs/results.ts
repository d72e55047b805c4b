import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, parse, sep } from 'node:path';
import { MaskcastError } from '../core/errors.js';
import type { JobFile } from '../delivery/http/jobs-schema.js';
import type { StoredFile, StoredFolder } from '../delivery/services.js';
import { VIDEO_TYPES } from '../media/video-names.js';

/** The finished files of a job. Always holds: no path leads out of the folder, neither by `..` nor by a symbolic link. */

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ...VIDEO_TYPES,
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.parquet': 'application/vnd.apache.parquet',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.txt': 'text/plain; charset=utf-8',
  '.yaml': 'application/yaml',
  '.zip': 'application/zip',
};

export const contentTypeOf = (name: string): string =>
  CONTENT_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';

/** What lies in the results, by name; a folder is one entry. */
export async function listResults(folder: string): Promise<JobFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files: JobFile[] = [];
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name, 'en'))) {
    const path = join(folder, entry.name);
    if (entry.isFile()) {
      const { size } = await stat(path);
      files.push({ path: entry.name, bytes: size, kind: 'file', contentType: contentTypeOf(entry.name) });
    }
    if (entry.isDirectory()) {
      const bytes = await bytesBelow(path);
      files.push({ path: entry.name, bytes, kind: 'folder', contentType: 'application/zip' });
    }
  }
  return files;
}

/** Folders of masks hold a file a frame: they are looked at a few hundred at a time. */
const STATS_AT_ONCE = 256;

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  let bytes = 0;
  for (let at = 0; at < paths.length; at += STATS_AT_ONCE) {
    const facts = await Promise.all(paths.slice(at, at + STATS_AT_ONCE).map((path) => stat(path)));
    bytes += facts.reduce((sum, { size }) => sum + size, 0);
  }
  return bytes;
}

/**
 * @param path as a client gives it, with slashes
 * @param saveAs what stands before the file's own name when it is saved
 * @throws MaskcastError NOT_FOUND
 */
export async function locateResult(folder: string, path: string, saveAs: string): Promise<StoredFile | StoredFolder> {
  const parts = path.split('/');
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part));
  const root = await realpath(folder).catch(() => undefined);
  if (!plain || root === undefined) throw absent(path);
  const wanted = join(root, ...parts);
  const found = await realpath(wanted).catch(() => undefined);
  if (found !== wanted || !wanted.startsWith(root + sep)) throw absent(path);
  const facts = await lstat(wanted);
  const { name, ext } = parse(wanted);
  if (facts.isDirectory()) return { kind: 'folder', path: wanted, name: `${saveAs}-${name}${ext}.zip` };
  if (!facts.isFile()) throw absent(path);
  return { kind: 'file', path: wanted, name: `${saveAs}-${name}${ext}`, contentType: contentTypeOf(wanted) };
}

const absent = (path: string): MaskcastError =>
  new MaskcastError(
    'NOT_FOUND',
    `there is no result "${path.slice(0, 200)}"; the job's \`files\` lists those there are`,
  );
