import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder, writeDurably, writing } from '../flow/durable.js';
import type { Logger } from '../telemetry/logger.js';
import { type JobRecord, jobRecord } from './job.js';

/**
 * Jobs on disk, one folder each: `job.json` and the results.
 *
 * Always holds: a record is there as a whole, in its old or its new state; a job that is being removed is gone with one rename,
 * and what a crash leaves of it is swept at the next start.
 */
export class JobStore {
  private readonly writes = new Map<string, Promise<void>>();

  constructor(
    private readonly folder: string,
    private readonly logger: Logger,
  ) {}

  /** Where the results of a job go; beside it, `results.work` holds what is not finished. */
  results(id: string): string {
    return join(this.folder, id, 'results');
  }

  /** Every job that can be read. A damaged one is logged and left alone. @throws MaskcastError OUTPUT_UNWRITABLE */
  async load(): Promise<JobRecord[]> {
    await writing(this.folder, () => makeFolder(this.folder, 0o700));
    const records: JobRecord[] = [];
    for (const entry of await readdir(this.folder, { withFileTypes: true })) {
      const path = join(this.folder, entry.name);
      if (entry.name.startsWith(REMOVED)) await rm(path, { recursive: true, force: true });
      else if (entry.isDirectory()) records.push(...(await this.read(entry.name)));
    }
    return records;
  }

  /** Resolves when the record is on disk; records of one job are written in order. @throws DISK_FULL, OUTPUT_UNWRITABLE */
  save(record: JobRecord): Promise<void> {
    const { id } = record;
    const folder = join(this.folder, id);
    const text = `${JSON.stringify(record, null, 2)}\n`;
    const written = (this.writes.get(id) ?? Promise.resolve()).then(async () => {
      await writing(folder, () => makeFolder(folder, 0o700));
      await writeDurably(join(folder, RECORD), text);
    });
    const settled = written
      .catch(() => {})
      .finally(() => {
        if (this.writes.get(id) === settled) this.writes.delete(id);
      });
    this.writes.set(id, settled);
    return written;
  }

  /** Throws away what has been computed; the record stays. */
  async clear(id: string): Promise<void> {
    const results = this.results(id);
    for (const path of [results, `${results}.work`]) {
      await writing(path, () => rm(path, { recursive: true, force: true }));
    }
  }

  async remove(id: string): Promise<void> {
    await this.writes.get(id);
    const gone = join(this.folder, `${REMOVED}${id}`);
    await writing(gone, async () => {
      await rename(join(this.folder, id), gone);
      await rm(gone, { recursive: true, force: true });
    });
  }

  private async read(name: string): Promise<JobRecord[]> {
    const path = join(this.folder, name, RECORD);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return [];
    const parsed = jobRecord.safeParse(parseJson(text));
    if (parsed.success && parsed.data.id === name) return [parsed.data];
    const why = parsed.success ? `it says that it is ${parsed.data.id}` : z.prettifyError(parsed.error);
    this.logger.error({ path, why }, 'a job is left out: its record is damaged');
    return [];
  }
}

const RECORD = 'job.json';
/** No id begins like this. */
const REMOVED = '.removed-';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
