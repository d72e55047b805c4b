import { copyFile, link, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writing } from '../../flow/durable.js';
import type { Segment } from '../file-output.js';

/**
 * Brings the files that `output` has written in each segment, one a frame, into one folder.
 * @param rename the name that a file gets there
 * @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function gatherFrameFiles(
  segments: readonly Segment[],
  output: string,
  folder: string,
  signal: AbortSignal,
  rename: (name: string) => string = (name) => name,
): Promise<void> {
  await writing(folder, () => makeFolder(folder));
  for (const segment of segments) {
    signal.throwIfAborted();
    const from = join(segment.folder, output);
    for (const name of await readdir(from)) {
      await writing(folder, () => linkOrCopy(join(from, name), join(folder, rename(name))));
    }
  }
}

/** Brings the frames themselves beside their labels, where they are written too; see `framePictures`. */
export async function gatherPictures(
  segments: readonly Segment[],
  folder: string,
  signal: AbortSignal,
  rename?: (name: string) => string,
): Promise<void> {
  const [first] = segments;
  if (!first || !(await stat(join(first.folder, PICTURES)).catch(() => undefined))) return;
  await gatherFrameFiles(segments, PICTURES, folder, signal, rename);
}

/** Name of the output that writes the frames. */
export const PICTURES = 'frames';

/** A second name costs no space; file systems without hard links get a copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
