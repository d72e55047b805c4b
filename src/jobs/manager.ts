import type { Clock } from '../core/clock.js';
import { MaskcastError, toErrorRecord } from '../core/errors.js';
import { ms } from '../core/time.js';
import type { JobView } from '../delivery/http/jobs-schema.js';
import type { JobEvent } from '../delivery/services.js';
import { Listeners } from '../flow/listeners.js';
import { keptFrames } from '../record/run/journal.js';
import type { ProcessProgress } from '../recorded/process-file.js';
import type { Logger } from '../telemetry/logger.js';
import {
  type JobAction,
  type JobRecord,
  queueOf,
  recordAfter,
  type StoredInput,
  startable,
  stateAfter,
} from './job.js';
import type { Preview } from './preview.js';
import { ProgressMeter, Throttle } from './progress.js';
import { listResults } from './results.js';
import type { JobRunner } from './runner.js';
import type { JobStore } from './store.js';
import { countFrames } from './timeline.js';
import { jobViewOf } from './view.js';
import { errorInWords, inWords } from './words.js';

/**
 * The jobs of one server: who waits, who runs, what became of each.
 *
 * In: jobs and people's wishes. Out: runs, at most `concurrency` at a time, first come first served. Always holds: every change of
 * state is on disk before it is answered; a job whose server died goes on by its journal at the next start.
 */

export interface ManagerParts {
  readonly store: JobStore;
  readonly runner: Pick<JobRunner, 'run'>;
  /** The recording of a job. @throws NOT_FOUND */
  readonly locate: (input: StoredInput) => Promise<string>;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Frames written since the last call. */
  readonly onFrames?: (count: number) => void;
}

export type Wish = Extract<JobAction, 'pause' | 'resume' | 'cancel' | 'retry'>;

/** Between two reports of progress. */
const PROGRESS_INTERVAL = ms(250);

interface Entry {
  record: JobRecord;
  run: Run | undefined;
  /** What people want of one job is done one after the other. */
  acting: Promise<unknown>;
}

interface Run {
  readonly stop: AbortController;
  /** Why it was stopped; absent where the server stops. */
  wish: 'pause' | 'cancel' | undefined;
  readonly meter: ProgressMeter;
  readonly throttle: Throttle;
  preview: Pick<Preview, 'latest'> | undefined;
  ended: Promise<void>;
}

export class JobManager {
  private readonly entries = new Map<string, Entry>();
  private readonly listeners: Listeners<JobEvent>;
  private lastTurn = 0;
  private closed = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly parts: ManagerParts) {
    this.listeners = new Listeners((error) => parts.logger.error({ err: error }, 'a listener of jobs failed'));
  }

  /** Takes up the jobs on disk and starts those whose turn it is. */
  async start(): Promise<void> {
    for (const record of await this.parts.store.load()) {
      const state = record.state === 'running' ? 'queued' : record.state;
      this.entries.set(record.id, { record: { ...record, state }, run: undefined, acting: Promise.resolve() });
      this.lastTurn = Math.max(this.lastTurn, record.turn);
    }
    this.pump();
  }

  /** Newest first. */
  list(): readonly JobView[] {
    return [...this.entries.values()]
      .sort((a, b) => b.record.created - a.record.created || b.record.turn - a.record.turn)
      .map((entry) => this.view(entry));
  }

  /** @throws MaskcastError NOT_FOUND */
  get(id: string): JobView {
    return this.view(this.entry(id));
  }

  /** @throws MaskcastError NOT_FOUND */
  record(id: string): JobRecord {
    return this.entry(id).record;
  }

  get records(): readonly JobRecord[] {
    return [...this.entries.values()].map(({ record }) => record);
  }

  watch(listener: (event: JobEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  /** @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE */
  async add(admitted: Omit<JobRecord, 'turn'>): Promise<JobView> {
    this.requireOpen();
    const entry: Entry = { record: { ...admitted, turn: ++this.lastTurn }, run: undefined, acting: Promise.resolve() };
    await this.parts.store.save(entry.record);
    this.entries.set(admitted.id, entry);
    this.changed(entry);
    this.pump();
    return this.view(entry);
  }

  /** @throws MaskcastError NOT_FOUND, CONFLICT */
  async control(id: string, wish: Wish): Promise<JobView> {
    this.requireOpen();
    return this.inTurn(this.entry(id), async (entry) => {
      const wanted = stateAfter(entry.record.state, wish);
      if (entry.run) await this.stop(entry.run, wish === 'cancel' ? 'cancel' : 'pause');
      else await this.apply(entry, wish);
      const { state } = entry.record;
      if (state === wanted || (wanted === 'queued' && state === 'running')) return this.view(entry);
      throw new MaskcastError('CONFLICT', `the job came to be ${state} before it could be ${wanted}`);
    });
  }

  /** @throws MaskcastError NOT_FOUND */
  async remove(id: string): Promise<void> {
    return this.inTurn(this.entry(id), async (entry) => {
      if (entry.run) await this.stop(entry.run, 'cancel');
      this.entries.delete(id);
      this.listeners.emit({ kind: 'removed', id });
      this.waitingChanged();
      await this.parts.store.remove(id);
    });
  }

  /** The newest picture of a running job. @throws MaskcastError NOT_FOUND */
  preview(id: string): Uint8Array {
    const { record, run } = this.entry(id);
    const picture = run?.preview?.latest();
    if (picture) return picture;
    const why = run
      ? 'the first picture is still to come'
      : `only a running job has one, and this one is ${record.state}`;
    throw new MaskcastError('NOT_FOUND', `there is no preview: ${why}`, { retryable: run !== undefined });
  }

  /** Removes the results and records of jobs that were over before `time`. ms since the Unix epoch. */
  async removeOlder(time: number): Promise<void> {
    const old = this.records.filter(({ finished }) => finished !== undefined && finished < time);
    for (const { id } of old) await this.remove(id);
  }

  /** Idempotent. Runs stop and go on at the next start. */
  close(): Promise<void> {
    this.closed = true;
    this.closing ??= (async () => {
      this.listeners.emit({ kind: 'ended' });
      const runs = [...this.entries.values()].flatMap(({ run }) => run ?? []);
      for (const run of runs) run.stop.abort();
      await Promise.all(runs.map(({ ended }) => ended));
    })();
    return this.closing;
  }

  private pump(): void {
    if (this.closed) return;
    const records = startable(this.records, this.parts.concurrency);
    for (const { id } of records) this.begin(this.entry(id));
    if (records.length > 0) this.waitingChanged();
  }

  private begin(entry: Entry): void {
    const { clock } = this.parts;
    const run: Run = {
      stop: new AbortController(),
      wish: undefined,
      meter: new ProgressMeter(clock),
      throttle: new Throttle(clock, PROGRESS_INTERVAL, () => this.changed(entry)),
      preview: undefined,
      ended: Promise.resolve(),
    };
    entry.record = recordAfter(entry.record, 'start', clock.wall());
    entry.run = run;
    const begun = this.save(entry.record);
    this.changed(entry);
    run.ended = this.execute(entry, run).then(async (record) => {
      run.throttle.stop();
      await begun;
      entry.record = record;
      entry.run = undefined;
      this.changed(entry);
      this.pump();
    });
  }

  /** Never rejects. @returns what the job is now; it is on disk */
  private async execute(entry: Entry, run: Run): Promise<JobRecord> {
    const target = this.parts.store.results(entry.record.id);
    const names: Record<string, string> = { [target]: 'the results' };
    let next: JobRecord;
    try {
      const finished = await this.work(entry, run, target, names);
      next = { ...recordAfter(entry.record, 'finish', this.parts.clock.wall()), ...finished };
    } catch (error) {
      const { aborted } = run.stop.signal;
      // The server stops: on disk the job runs on.
      if (aborted && !run.wish) return entry.record;
      next = aborted
        ? await this.stopped(entry.record, run.wish ?? 'pause', target)
        : await this.failed(entry.record, errorInWords(error, names), target);
    }
    await this.save(next);
    return next;
  }

  private async work(entry: Entry, run: Run, target: string, names: Record<string, string>) {
    const { record } = entry;
    const input = await this.parts.locate(record.input);
    names[input] = inputName(record.input);
    let written: number | undefined;
    const report = await this.parts.runner.run({
      ...{ input, target, options: record.options, model: record.model, stop: run.stop.signal },
      onProgress: (progress: ProcessProgress) => {
        const { frames, expected } = progress;
        this.parts.onFrames?.(frames - (written ?? progress.resumed));
        written = frames;
        entry.record = { ...entry.record, ...(expected === undefined ? {} : { expected }) };
        run.meter.add(progress);
        run.throttle.signal();
      },
      onPreview: (preview) => {
        run.preview = preview;
      },
    });
    const frames = report?.frames ?? (await countFrames(target)) ?? record.frames;
    const told = report?.warnings.map(({ frame, text }) => `after frame ${frame}: ${inWords(text, names)}`);
    return { frames, expected: frames, warnings: told ?? record.warnings, files: await listResults(target) };
  }

  private async stopped(record: JobRecord, wish: 'pause' | 'cancel', target: string): Promise<JobRecord> {
    const next = recordAfter(record, wish, this.parts.clock.wall());
    if (wish === 'pause') return { ...next, frames: await keptFrames(target) };
    await this.parts.store.clear(record.id).catch((error: unknown) => {
      this.parts.logger.error({ err: error, job: record.id }, 'the work of a cancelled job could not be removed');
    });
    return { ...next, frames: 0 };
  }

  private async failed(record: JobRecord, error: MaskcastError, target: string): Promise<JobRecord> {
    this.parts.logger.warn({ err: error, job: record.id }, 'a job failed');
    const frames = await keptFrames(target);
    return { ...recordAfter(record, 'fail', this.parts.clock.wall()), error: toErrorRecord(error), frames };
  }

  private async inTurn<T>(entry: Entry, action: (entry: Entry) => Promise<T>): Promise<T> {
    const done = entry.acting.then(() => {
      if (this.entries.get(entry.record.id) !== entry) throw absent(entry.record.id);
      return action(entry);
    });
    entry.acting = done.catch(() => {});
    return done;
  }

  private async stop(run: Run, wish: 'pause' | 'cancel'): Promise<void> {
    run.wish = wish;
    run.stop.abort();
    await run.ended;
  }

  /** To a job that does not run. */
  private async apply(entry: Entry, wish: Wish): Promise<void> {
    const { store, clock } = this.parts;
    const { record } = entry;
    const { id } = record;
    // What a full disk or a lost worker left behind is good; after other failures nothing is taken for granted.
    const anew = wish === 'retry' && record.error?.retryable !== true;
    if (anew) await store.clear(id);
    entry.record = {
      ...recordAfter(record, wish, clock.wall()),
      ...(wish === 'retry' ? { turn: ++this.lastTurn, warnings: [] } : {}),
      ...(anew || wish === 'cancel' ? { frames: 0 } : {}),
    };
    if (wish === 'cancel') await store.clear(id);
    await store.save(entry.record);
    this.changed(entry);
    this.waitingChanged();
    this.pump();
  }

  private changed({ record }: Entry): void {
    if (this.entries.has(record.id) && !this.closed) this.listeners.emit({ kind: 'changed', id: record.id });
  }

  /** Places in the queue are others now. */
  private waitingChanged(): void {
    for (const { id } of queueOf(this.records)) this.listeners.emit({ kind: 'changed', id });
  }

  private view({ record, run }: Entry): JobView {
    const place = queueOf(this.records).findIndex(({ id }) => id === record.id);
    return jobViewOf(record, { position: place === -1 ? undefined : place, progress: run?.meter.progress });
  }

  private entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw absent(id);
    return entry;
  }

  private async save(record: JobRecord): Promise<void> {
    await this.parts.store.save(record).catch((error: unknown) => {
      this.parts.logger.error({ err: error, job: record.id }, 'the state of a job could not be kept');
    });
  }

  private requireOpen(): void {
    if (this.closed) throw new MaskcastError('CLOSED', 'the server is stopping', { retryable: true });
  }
}

const inputName = (input: StoredInput): string => ('media' in input ? input.media : input.file);

const absent = (id: string): MaskcastError => new MaskcastError('NOT_FOUND', `there is no job "${id.slice(0, 64)}"`);
