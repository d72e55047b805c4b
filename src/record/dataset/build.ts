import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { makeFolder, writing } from '../../flow/durable.js';
import { linkOrCopy } from '../export/frame-files.js';
import { writePieces } from '../run/json-lines.js';
import { datasetFiles } from './files.js';
import type { DatasetPlan } from './plan.js';

/**
 * Writes a data set into a folder, which appears when it is complete. Frames and labels are linked where the disk allows it.
 * @param target absolute; must not exist
 * @throws MaskcastError OUTPUT_EXISTS, DATASET_INVALID, OUTPUT_UNWRITABLE, DISK_FULL
 */
export async function buildDataset(plan: DatasetPlan, target: string, signal: AbortSignal): Promise<void> {
  if (await stat(target).catch(() => undefined)) throw new MaskcastError('OUTPUT_EXISTS', `${target} exists`);
  const workshop = join(dirname(target), `.${basename(target)}.part`);
  await rm(workshop, { recursive: true, force: true });
  await writing(workshop, () => makeFolder(workshop));
  try {
    const made = new Set<string>();
    for await (const file of datasetFiles(plan)) {
      signal.throwIfAborted();
      const path = join(workshop, file.name);
      const folder = dirname(path);
      if (!made.has(folder)) await writing(folder, () => makeFolder(folder));
      made.add(folder);
      if ('from' in file) await writing(path, () => linkOrCopy(file.from, path));
      else await writePieces(path, file.text, signal);
    }
    await writing(target, () => rename(workshop, target));
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}
