import { z } from 'zod';
import { MaskcastError } from '../core/errors.js';
import { errorRecord } from '../delivery/http/api-schema.js';
import { type JobState, jobFile, jobId, jobOptions, jobState, jobVideo } from '../delivery/http/jobs-schema.js';

/** A job as it is kept, and the states that it goes through. Pure. */

export const jobInput = z.union([
  z.strictObject({ upload: z.string(), file: z.string() }),
  z.strictObject({ media: z.string() }),
]);

export const jobRecord = z.strictObject({
  version: z.literal(1),
  id: jobId,
  name: z.string(),
  state: jobState,
  /** Who waits is served in ascending order. A job that is paused keeps its turn, one that is tried again gets a new one. */
  turn: z.int(),
  /** ms since the Unix epoch, as all times here. */
  created: z.number(),
  /** Of the first run. */
  started: z.number().optional(),
  /** When it came to `done`, `failed` or `cancelled`. */
  finished: z.number().optional(),
  input: jobInput,
  options: jobOptions,
  model: z.string(),
  video: jobVideo,
  /**
   * Of the video's timeline: seconds at which it begins, seconds of the first picture (jobs of older servers don't say), and the
   * length of its ticks.
   */
  timeline: z.strictObject({
    start: z.number(),
    first: z.number().optional(),
    timeBase: z.strictObject({ num: z.int(), den: z.int() }),
  }),
  /** Written and kept; up to date when the job does not run. */
  frames: z.int(),
  /** Absent where it is not known. */
  expected: z.int().optional(),
  warnings: z.array(z.string()),
  error: errorRecord.optional(),
  files: z.array(jobFile),
});

export type StoredInput = z.infer<typeof jobInput>;
export type JobRecord = z.infer<typeof jobRecord>;

/** What happens to a job: people do the first four, the server the others. */
export type JobAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'start' | 'finish' | 'fail';

const TRANSITIONS: Readonly<Record<JobAction, Partial<Record<JobState, JobState>>>> = {
  pause: { queued: 'paused', running: 'paused' },
  resume: { paused: 'queued' },
  cancel: { queued: 'cancelled', running: 'cancelled', paused: 'cancelled' },
  retry: { failed: 'queued', cancelled: 'queued' },
  start: { queued: 'running' },
  finish: { running: 'done' },
  fail: { running: 'failed' },
};

/** The state after `action`. @throws MaskcastError CONFLICT with the states that allow it */
export function stateAfter(state: JobState, action: JobAction): JobState {
  const next = TRANSITIONS[action][state];
  if (next) return next;
  const allowed = Object.keys(TRANSITIONS[action]).join(' or ');
  throw new MaskcastError('CONFLICT', `${action} is for a job that is ${allowed}; this one is ${state}`);
}

/**
 * The record after `action` at `now`.
 *
 * Always holds: `finished` is there exactly in `done`, `failed` and `cancelled`, `error` in `failed` only.
 * @throws MaskcastError CONFLICT
 */
export function recordAfter(record: JobRecord, action: JobAction, now: number): JobRecord {
  const state = stateAfter(record.state, action);
  const { finished: _, error: __, ...rest } = record;
  const over = state === 'done' || state === 'failed' || state === 'cancelled';
  return {
    ...rest,
    state,
    ...(state === 'running' ? { started: record.started ?? now } : {}),
    ...(over ? { finished: now } : {}),
  };
}

type Waiting = Pick<JobRecord, 'id' | 'state' | 'turn'>;

/** Those who wait, in the order in which they are served. */
export function queueOf<T extends Waiting>(jobs: Iterable<T>): T[] {
  return [...jobs].filter(({ state }) => state === 'queued').sort((a, b) => a.turn - b.turn);
}

/** Those who may start now. */
export function startable<T extends Waiting>(jobs: readonly T[], concurrency: number): T[] {
  const running = jobs.filter(({ state }) => state === 'running').length;
  return queueOf(jobs).slice(0, Math.max(0, concurrency - running));
}
