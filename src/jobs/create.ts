import { realpath } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import type { Config } from '../config/load.js';
import { MaskcastError } from '../core/errors.js';
import { ms } from '../core/time.js';
import type { ModelView } from '../delivery/http/api-schema.js';
import type { JobState } from '../delivery/http/jobs-schema.js';
import type { JobService, StoredFile } from '../delivery/services.js';
import { closeInOrder } from '../flow/close-in-order.js';
import { makeFolder, writing } from '../flow/durable.js';
import { takeLock } from '../record/run/lock.js';
import { admit } from './admission.js';
import { AgeClock } from './age-clock.js';
import { datasetArchive, describeDataset } from './datasets.js';
import type { JobRecord, StoredInput } from './job.js';
import { JobManager } from './manager.js';
import { MediaFolders } from './media.js';
import { Remembered } from './remembered.js';
import { contentTypeOf, locateResult } from './results.js';
import { createJobRunner, type RunnerParts } from './runner.js';
import { JobStore } from './store.js';
import { maskFiles, readTimeline, readTimes } from './timeline.js';
import { Uploads } from './uploads.js';

/** Puts the jobs of a server together; nothing runs before `start`. */

export interface JobsParts extends Omit<RunnerParts, 'config' | 'models'> {
  readonly config: Pick<Config, 'ingest' | 'inference' | 'jobs' | 'mediaDirs'>;
  readonly dataDir: string;
  readonly models: RunnerParts['models'] & { list(): readonly ModelView[] };
  readonly onFrames: (count: number) => void;
}

export interface Jobs {
  /** Where they are kept. Absolute. */
  readonly folder: string;
  readonly service: JobService;
  /** How many there are in each state. */
  counts(): ReadonlyMap<JobState, number>;
  /** Takes up what an earlier server left. @throws MaskcastError OUTPUT_UNWRITABLE, CONFLICT where another server is at work on the folder */
  start(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Between two looks for what is too old. */
const SWEEP_INTERVAL = ms(3_600_000);

export function createJobs(parts: JobsParts): Jobs {
  const { config, models, clock, logger } = parts;
  const folder = resolve(config.jobs.dir ?? join(parts.dataDir, 'jobs'));
  const runner = createJobRunner(parts);
  const store = new JobStore(folder, logger);
  const media = new MediaFolders(config.mediaDirs);
  const age = new AgeClock(folder, clock);
  const uploads = new Uploads({
    folder: join(folder, '.uploads'),
    limit: config.jobs.maxUpload,
    probe: runner.probe,
  });
  const locate = (input: StoredInput) =>
    'media' in input ? media.locate(input.media) : Promise.resolve(uploads.pathOf(input));
  const manager = new JobManager({
    ...{ store, runner, locate, clock, logger },
    concurrency: config.jobs.concurrency,
    onFrames: parts.onFrames,
  });
  const admission = { uploads, media, clock, models: () => models.list(), probe: runner.probe };
  let cancelSweep = () => {};
  let unlock = async () => {};
  let started = false;

  async function sweep(atStart: boolean): Promise<void> {
    const { keep } = config.jobs;
    const now = age.now();
    try {
      await age.save();
      if (keep !== undefined) await manager.removeOlder(now - keep);
      const used = manager.records.flatMap(({ input }) => ('upload' in input ? [input.upload] : []));
      // A damaged record doesn't say which upload is its own.
      await uploads.sweep(manager.hasDamaged ? 'all' : new Set(used), { atStart, now });
    } catch (error) {
      logger.warn({ err: error }, 'old jobs and uploads could not be removed');
    }
    cancelSweep = clock.after(SWEEP_INTERVAL, () => void sweep(false));
  }

  const service: JobService = {
    list: () => manager.list(),
    get: (id) => manager.get(id),
    add: async (input) => manager.add(await admit(input, admission)),
    remove: (id) => manager.remove(id),
    control: (id, action) => manager.control(id, action),
    watch: (listener) => manager.watch(listener),
    preview: (id) => manager.preview(id),
    ...resultReaders(store, manager),
    source: async (id) => sourceFile(await locate(manager.record(id).input)),
    media: () => media.list(),
    upload: (source) => uploads.receive(source),
  };

  return {
    folder,
    service,
    counts() {
      const counts = new Map<JobState, number>();
      for (const { state } of manager.records) counts.set(state, (counts.get(state) ?? 0) + 1);
      return counts;
    },
    async start() {
      await writing(folder, () => makeFolder(folder, 0o700));
      unlock = await takeLock(join(folder, '.lock'), `the jobs in ${folder} (jobs.dir)`);
      await age.start();
      started = true;
      await manager.start();
      await sweep(true);
    },
    async close() {
      cancelSweep();
      await closeInOrder([
        () => manager.close(),
        () => runner.close(),
        async () => (started ? age.save().catch(() => {}) : undefined),
        () => unlock(),
      ]);
    },
  };
}

/** What is read of finished jobs. */
function resultReaders(
  store: JobStore,
  manager: JobManager,
): Pick<JobService, 'result' | 'timeline' | 'times' | 'mask' | 'describeDataset' | 'datasetArchive'> {
  const results = (id: string): { readonly folder: string; readonly record: JobRecord } => {
    const record = manager.record(id);
    if (record.state === 'done') return { folder: store.results(id), record };
    throw new MaskcastError('CONFLICT', `results are there once a job is done; ${id} is ${record.state}`);
  };
  const masks = new Remembered((id: string) => maskFiles(store.results(id)));
  const times = new Remembered((id: string) => readTimes(store.results(id), manager.record(id)));
  return {
    result: async (id, path) => locateResult(results(id).folder, path, results(id).record.name),
    timeline: async (id, points) => {
      const { folder: from, record } = results(id);
      return readTimeline(from, record.timeline, { points, frames: record.frames });
    },
    times: async (id) => {
      results(id);
      return times.get(id);
    },
    mask: async (id, number) => {
      const { folder: from, record } = results(id);
      const path = (await masks.get(id)).get(number);
      const file = path === undefined ? undefined : await locateResult(from, path, record.name);
      if (file?.kind === 'file') return file;
      throw new MaskcastError('NOT_FOUND', `the results have no mask of frame ${number}`);
    },
    describeDataset: (query) => describeDataset(query, { results }),
    datasetArchive: (query) => datasetArchive(query, { results }),
  };
}

async function sourceFile(path: string): Promise<StoredFile> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw new MaskcastError('NOT_FOUND', 'the recording is not there any more', { cause });
  });
  return { kind: 'file', path: real, name: parse(real).base, contentType: contentTypeOf(real) };
}
