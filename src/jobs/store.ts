import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { jobId } from '../delivery/http/jobs-schema.js';
import { makeFolder, writeDurably, writing } from '../flow/durable.js';
import type { Logger } from '../telemetry/logger.js';
import type { DamagedJob } from './damaged.js';
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

  /** Every job. A damaged one is left alone. @throws MaskcastError OUTPUT_UNWRITABLE */
  async load(): Promise<StoredJobs> {
    await writing(this.folder, () => makeFolder(this.folder, 0o700));
    const found: { records: JobRecord[]; damaged: DamagedJob[] } = { records: [], damaged: [] };
    for (const entry of await readdir(this.folder, { withFileTypes: true })) {
      const path = join(this.folder, entry.name);
      if (entry.name.startsWith(REMOVED)) await this.sweep(path);
      else if (entry.isDirectory() && jobId.safeParse(entry.name).success) await this.read(entry.name, found);
    }
    return found;
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
    await writing(gone, () => rename(join(this.folder, id), gone));
    await this.sweep(gone);
  }

  /** What can't be deleted now is tried again at the next start. */
  private async sweep(gone: string): Promise<void> {
    await rm(gone, { recursive: true, force: true }).catch((error: unknown) => {
      this.logger.warn({ err: error, path: gone }, 'a removed job could not be deleted as a whole');
    });
  }

  private async read(id: string, into: { records: JobRecord[]; damaged: DamagedJob[] }): Promise<void> {
    const path = join(this.folder, id, RECORD);
    let why: string;
    try {
      const parsed = jobRecord.safeParse(parseJson(await readFile(path, 'utf8')));
      if (parsed.success && parsed.data.id === id) {
        into.records.push(parsed.data);
        return;
      }
      why = parsed.success ? `it is that of job ${parsed.data.id}` : z.prettifyError(parsed.error);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The server died before it had answered whoever wanted the job.
      if (code === 'ENOENT') return;
      why = `it cannot be read (${code ?? 'unknown'})`;
    }
    this.logger.error({ path, why }, 'the record of a job is damaged');
    const written = await stat(path).catch(() => undefined);
    into.damaged.push({ id, why, written: Math.round(written?.mtimeMs ?? 0) });
  }
}

export interface StoredJobs {
  readonly records: readonly JobRecord[];
  readonly damaged: readonly DamagedJob[];
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
