import { copyFile, link, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writing } from '../../flow/durable.js';
import type { Segment } from '../file-output.js';

/**
 * Brings the files that `output` has written in each segment, one a frame, into one folder.
 * @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function gatherFrameFiles(
  segments: readonly Segment[],
  output: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  await writing(folder, () => makeFolder(folder));
  for (const segment of segments) {
    signal.throwIfAborted();
    const from = join(segment.folder, output);
    for (const name of await readdir(from)) {
      await writing(folder, () => linkOrCopy(join(from, name), join(folder, name)));
    }
  }
}

/** A second name costs no space; file systems without hard links get a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
