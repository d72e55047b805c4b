import { constants, type FileHandle, mkdir, open, readdir, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asMaskcastError, MaskcastError } from '../core/errors.js';

/**
 * Files that survive SIGKILL and power loss: written under a temporary name, flushed to the disk (fsync), then renamed, then
 * the folder that holds the new name is flushed as well. A reader sees the whole file or none.
 */

/** What marks a file that is not finished. */
export const PART = '.part';

/**
 * Writes a whole file; no two at a time under one name.
 * @param mode permissions, less what the process masks
 * @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  { mode = 0o666 }: { readonly mode?: number } = {},
): Promise<void> {
  await writing(path, async () => {
    const file = await open(path + PART, 'w', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(path + PART, path);
    await syncFolder(dirname(path));
  });
}

/**
 * Makes a folder and those above it, where they are not there. @throws the system's error
 *
 * Not by `recursive`: where a file system says ENOENT of a name in a folder that is there (below /proc), Node tries again for ever.
 * @param mode of what is made
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (await isFolder(path)) return;
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error;
    await makeFolder(above, mode);
    await mkdir(path, { mode }).catch(async (again: unknown) => {
      // Another one made it in the meantime.
      if (!(await isFolder(path))) throw again;
    });
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );

/** Gives a finished file or folder its name. What was there under that name is replaced if it is a file. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await writing(to, async () => {
    await makeFolder(dirname(to));
    await rename(from, to);
    await syncFolder(dirname(to));
  });
}

/** Flushes one file that another process has written. */
export async function syncFile(path: string): Promise<void> {
  await writing(path, async () => {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Files flushed side by side: the disk joins neighbouring flushes into one. */
const SYNC_WIDTH = 8;

/** Flushes every file and folder under `folder`, and `folder` itself. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  await Promise.all(
    Array.from({ length: SYNC_WIDTH }, async () => {
      for (let file = files.pop(); file; file = files.pop()) await syncFile(file);
    }),
  );
  for (const inner of [...folders.reverse(), folder]) await syncFolder(inner);
}

/** Flushes a folder's list of names. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, constants.O_RDONLY);
  } catch (error) {
    // Windows opens no folders; its file systems order renames themselves.
    if ((error as NodeJS.ErrnoException).code === 'EISDIR' || process.platform === 'win32') return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes of the files under `folder`. */
export async function treeBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  return bytes;
}

/** Bytes that this process may still write to the disk that holds `folder`. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const UNWRITABLE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'ENOENT',
  'EEXIST',
  'EISDIR',
  'ENAMETOOLONG',
  'EIO',
]);

/** Runs a file operation and gives its failure a typed reason. */
export async function writing<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw outputError(path, error);
  }
}

export function outputError(path: string, error: unknown): MaskcastError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== undefined && FULL.has(code)) return diskFull(path, error);
  if (code !== undefined && UNWRITABLE.has(code)) {
    return new MaskcastError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return asMaskcastError(error);
}

export function diskFull(path: string, cause?: unknown): MaskcastError {
  return new MaskcastError('DISK_FULL', `the disk that holds ${path} is full`, {
    retryable: true,
    remedies: ['make-room'],
    cause,
  });
}
