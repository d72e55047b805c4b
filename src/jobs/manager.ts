import { dirname } from 'node:path';
import type { Clock } from '../core/clock.js';
import { MaskcastError, toErrorRecord } from '../core/errors.js';
import { ms } from '../core/time.js';
import type { JobView } from '../delivery/http/jobs-schema.js';
import type { JobEvent } from '../delivery/services.js';
import { Listeners } from '../flow/listeners.js';
import { keptFrames } from '../record/run/journal.js';
import type { ProcessProgress } from '../recorded/process-job.js';
import type { Logger } from '../telemetry/logger.js';
import { type DamagedJob, damagedView, isDamaged } from './damaged.js';
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

type Stop = 'pause' | 'cancel' | 'remove';

interface Entry {
  record: JobRecord;
  run: Run | undefined;
  /** What people want of one job is done one after the other. */
  acting: Promise<unknown>;
}

interface Run {
  readonly stop: AbortController;
  /** Why it was stopped; absent where the server stops. */
  wish: Stop | undefined;
  /** Why the state that was wished could not be kept. */
  unsaved: MaskcastError | undefined;
  readonly meter: ProgressMeter;
  readonly throttle: Throttle;
  preview: Pick<Preview, 'latest'> | undefined;
  ended: Promise<void>;
}

export class JobManager {
  private readonly entries = new Map<string, Entry>();
  private readonly damaged = new Map<string, DamagedJob>();
  private readonly listeners: Listeners<JobEvent>;
  private lastTurn = 0;
  private closed = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly parts: ManagerParts) {
    this.listeners = new Listeners((error) => parts.logger.error({ err: error }, 'a listener of jobs failed'));
  }

  /** Takes up the jobs on disk and starts those whose turn it is. */
  async start(): Promise<void> {
    const { records, damaged } = await this.parts.store.load();
    for (const job of damaged) this.damaged.set(job.id, job);
    for (const record of records) {
      if (record.state === 'cancelled') await this.discard(record.id);
      const state = record.state === 'running' ? 'queued' : record.state;
      this.entries.set(record.id, { record: { ...record, state }, run: undefined, acting: Promise.resolve() });
      this.lastTurn = Math.max(this.lastTurn, record.turn);
    }
    this.pump();
  }

  /** Newest first. */
  list(): readonly JobView[] {
    const whole = [...this.entries.values()]
      .sort((a, b) => b.record.created - a.record.created || b.record.turn - a.record.turn)
      .map((entry) => this.view(entry));
    return [...whole, ...[...this.damaged.values()].map(damagedView)];
  }

  /** @throws MaskcastError NOT_FOUND */
  get(id: string): JobView {
    const damaged = this.damaged.get(id);
    return damaged ? damagedView(damaged) : this.view(this.entry(id));
  }

  /** @throws MaskcastError NOT_FOUND, CONFLICT where it is damaged */
  record(id: string): JobRecord {
    return this.entry(id).record;
  }

  get records(): readonly JobRecord[] {
    return [...this.entries.values()].map(({ record }) => record);
  }

  /** Whether there are jobs of which nothing is known. */
  get hasDamaged(): boolean {
    return this.damaged.size > 0;
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

  /** @throws MaskcastError NOT_FOUND, CONFLICT; DISK_FULL, OUTPUT_UNWRITABLE where it can't be kept: then the job is as it was, or waits */
  async control(id: string, wish: Wish): Promise<JobView> {
    this.requireOpen();
    return this.inTurn(this.entry(id), async (entry) => {
      const wanted = stateAfter(entry.record.state, wish);
      const { run } = entry;
      if (run) await this.stop(run, wish === 'cancel' ? 'cancel' : 'pause');
      else await this.apply(entry, wish);
      if (run?.unsaved) throw run.unsaved;
      const { state } = entry.record;
      if (state === wanted || (wanted === 'queued' && state === 'running')) return this.view(entry);
      throw new MaskcastError('CONFLICT', `the job came to be ${state} before it could be ${wanted}`);
    });
  }

  /** @throws MaskcastError NOT_FOUND; OUTPUT_UNWRITABLE: then the job is there as before, or waits */
  async remove(id: string): Promise<void> {
    if (this.damaged.has(id)) {
      await this.parts.store.remove(id);
      this.damaged.delete(id);
      this.listeners.emit({ kind: 'removed', id });
      return;
    }
    return this.inTurn(this.entry(id), async (entry) => {
      if (entry.run) await this.stop(entry.run, 'remove');
      try {
        await this.parts.store.remove(id);
      } catch (error) {
        if (entry.record.state === 'running') entry.record = { ...entry.record, state: 'queued' };
        this.changed(entry);
        this.pump();
        throw error;
      }
      this.entries.delete(id);
      this.listeners.emit({ kind: 'removed', id });
      this.waitingChanged();
      this.pump();
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
      unsaved: undefined,
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
      const { wish } = run;
      if (!run.stop.signal.aborted) next = await this.failed(entry.record, errorInWords(error, names), target);
      // The server stops, or nothing is to be kept: on disk the job runs on.
      else if (wish === undefined || wish === 'remove') return entry.record;
      else next = await this.stopped(entry.record, wish, target);
    }
    const unsaved = await this.save(next);
    if (!unsaved || (next.state !== 'paused' && next.state !== 'cancelled')) return next;
    // Whoever wished it is told, and the job waits, as it would after a restart.
    run.unsaved = errorInWords(unsaved, { [dirname(target)]: 'the job' });
    return { ...entry.record, state: 'queued', frames: await keptFrames(target) };
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
    await this.discard(record.id);
    return { ...next, frames: 0 };
  }

  /** The work of a cancelled job; what can't be removed now is at the next start. */
  private async discard(id: string): Promise<void> {
    await this.parts.store.clear(id).catch((error: unknown) => {
      this.parts.logger.error({ err: error, job: id }, 'the work of a cancelled job could not be removed');
    });
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

  private async stop(run: Run, wish: Stop): Promise<void> {
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
    const next: JobRecord = {
      ...recordAfter(record, wish, clock.wall()),
      ...(wish === 'retry' ? { turn: ++this.lastTurn, warnings: [] } : {}),
      ...(anew || wish === 'cancel' ? { frames: 0 } : {}),
    };
    await store.save(next);
    entry.record = next;
    if (wish === 'cancel') await this.discard(id);
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
    if (entry) return entry;
    const damaged = this.damaged.get(id);
    throw damaged ? isDamaged(damaged) : absent(id);
  }

  /** @returns why it could not be kept; the log says so, too */
  private async save(record: JobRecord): Promise<unknown> {
    try {
      await this.parts.store.save(record);
      return undefined;
    } catch (error) {
      this.parts.logger.error({ err: error, job: record.id }, 'the state of a job could not be kept');
      return error;
    }
  }

  private requireOpen(): void {
    if (this.closed) throw new MaskcastError('CLOSED', 'the server is stopping', { retryable: true });
  }
}

const inputName = (input: StoredInput): string => ('media' in input ? input.media : input.file);

const absent = (id: string): MaskcastError => new MaskcastError('NOT_FOUND', `there is no job "${id.slice(0, 64)}"`);
