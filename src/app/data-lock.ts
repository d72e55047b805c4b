import { join } from 'node:path';
import type { Config } from '../config/load.js';
import { MaskcastError } from '../core/errors.js';
import { makeFolder, writing } from '../flow/durable.js';
import { takeLock } from '../record/run/lock.js';
import type { Logger } from '../telemetry/logger.js';

/**
 * Two servers on one folder would write over each other's state.
 * @returns what lets go of it; undefined where nothing can be kept there, and need not be
 * @throws MaskcastError CONFLICT, OUTPUT_UNWRITABLE
 */
export async function lockDataDir(
  { jobs }: Config,
  dataDir: string,
  logger: Logger,
): Promise<(() => Promise<void>) | undefined> {
  try {
    await writing(dataDir, () => makeFolder(dataDir, 0o700));
    return await takeLock(join(dataDir, 'server.lock'), `the data in ${dataDir} (dataDir)`);
  } catch (error) {
    const needed = jobs.enabled && jobs.dir === undefined;
    if (needed || !(error instanceof MaskcastError) || error.code !== 'OUTPUT_UNWRITABLE') throw error;
    // A server whose streams are all in its configuration needs no folder, and nobody else can write there.
    logger.warn({ err: error }, 'the data folder cannot be written: what changes at run time cannot be kept');
    return undefined;
  }
}
