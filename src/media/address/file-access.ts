import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import type { SourceSpec } from '../../core/source.js';

/**
 * Which files may be named from outside.
 *
 * In: `mediaDirs`. Always holds: where there are folders, nothing but what really lies below one of them is let through, whichever
 * way it is named and whatever links lead there; a refusal does not tell whether there is such a file. Without folders every file
 * may be named.
 */
export class FileAccess {
  constructor(private readonly folders: readonly string[]) {}

  /** @throws MaskcastError FORBIDDEN */
  require(source: SourceSpec): void {
    if (source.kind !== 'file' || this.folders.length === 0) return;
    const path = realPath(source.path);
    if (this.folders.some((folder) => path.startsWith(realPath(resolve(folder)) + sep))) return;
    throw new MaskcastError(
      'FORBIDDEN',
      'files are read from the folders in mediaDirs only (the server’s configuration); this one does not lie below any of them',
    );
  }
}

/** Where a path leads when all links are followed, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
