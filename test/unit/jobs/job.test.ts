import { describe, expect, it } from 'vitest';
import type { JobState } from '../../../src/delivery/http/jobs-schema.js';
import { type JobAction, queueOf, recordAfter, startable, stateAfter } from '../../../src/jobs/job.js';
import { jobRecordOf } from '../../support/job-records.js';

const STATES: readonly JobState[] = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled'];

describe('the state of a job', () => {
  it.each<[JobAction, Partial<Record<JobState, JobState>>]>([
    ['start', { queued: 'running' }],
    ['pause', { queued: 'paused', running: 'paused' }],
    ['resume', { paused: 'queued' }],
    ['cancel', { queued: 'cancelled', running: 'cancelled', paused: 'cancelled' }],
    ['retry', { failed: 'queued', cancelled: 'queued' }],
    ['finish', { running: 'done' }],
    ['fail', { running: 'failed' }],
  ])('allows %s where it makes sense and nowhere else', (action, allowed) => {
    for (const state of STATES) {
      if (allowed[state]) expect(stateAfter(state, action)).toBe(allowed[state]);
      else expect(() => stateAfter(state, action)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
    }
  });

  it('is named with those that would be allowed', () => {
    expect(() => stateAfter('done', 'cancel')).toThrow(
      'cancel is for a job that is queued or running or paused; this one is done',
    );
  });

  it('has an end exactly while it is over, and a reason only while it has failed', () => {
    const error = { code: 'DISK_FULL', message: 'full', retryable: true };
    const failed = { ...recordAfter(jobRecordOf({ state: 'running' }), 'fail', 7), error };
    expect(failed).toMatchObject({ state: 'failed', finished: 7 });
    const again = recordAfter(failed, 'retry', 8);
    expect(again).not.toHaveProperty('finished');
    expect(again).not.toHaveProperty('error');
  });

  it('keeps the time of its first start', () => {
    const paused = recordAfter(recordAfter(jobRecordOf({}), 'start', 5), 'pause', 6);
    expect(recordAfter(recordAfter(paused, 'resume', 7), 'start', 8)).toMatchObject({ state: 'running', started: 5 });
  });
});

describe('the queue', () => {
  const jobs = [
    jobRecordOf({ id: 'late', turn: 9 }),
    jobRecordOf({ id: 'running', turn: 1, state: 'running' }),
    jobRecordOf({ id: 'early', turn: 2 }),
    jobRecordOf({ id: 'paused', turn: 3, state: 'paused' }),
  ];

  it('serves who came first', () => {
    expect(queueOf(jobs).map(({ id }) => id)).toEqual(['early', 'late']);
  });

  it.each([
    [1, []],
    [2, ['early']],
    [3, ['early', 'late']],
    [9, ['early', 'late']],
  ])('with %i places starts %j beside the one that runs', (concurrency, expected) => {
    expect(startable(jobs, concurrency).map(({ id }) => id)).toEqual(expected);
  });
});
