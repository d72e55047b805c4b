import { expect, it } from 'vitest';
import { actionsOf, doneShare, progressWords, settingsWords } from '../../../src/viewer/lib/job-words.js';
import { fakeJob } from '../../support/fakes/fake-jobs.js';

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

it('tells how far a running job is and how fast', () => {
  const job = fakeJob({
    id: 'a',
    state: 'running',
    progress: { frames: 612, expected: 1500, fps: 11.44, speed: 0.457, secondsLeft: 78 },
  });
  expect(plain(progressWords(job))).toBe('612 of 1 500 frames · 11.4 fps · 0.46 × real time · 1 min 18 s left');
  expect(doneShare(job)).toBeCloseTo(0.408);
});

it('says that files are being written when all frames are through', () => {
  const job = fakeJob({
    id: 'a',
    state: 'running',
    progress: { frames: 1500, expected: 1500, fps: 9, secondsLeft: 0 },
  });
  expect(plain(progressWords(job))).toBe('1 500 of 1 500 frames · writing the results');
});

it('has no share of a job whose end is not known, and all of one that is done', () => {
  expect(doneShare(fakeJob({ id: 'a', state: 'running', progress: { frames: 3 } }))).toBeUndefined();
  expect(doneShare(fakeJob({ id: 'a', state: 'done', progress: { frames: 3 } }))).toBe(1);
});

it('tells who waits how many are before', () => {
  expect(progressWords(fakeJob({ id: 'a', position: 0 }))).toBe('Next');
  expect(progressWords(fakeJob({ id: 'a', position: 1 }))).toBe('1 job before it');
  expect(plain(progressWords(fakeJob({ id: 'a', position: 2, progress: { frames: 250, expected: 1500 } })))).toBe(
    '2 jobs before it, 250 of 1 500 frames are done',
  );
});

it('offers what makes sense in a state', () => {
  expect(actionsOf('running')).toEqual(['pause', 'cancel']);
  expect(actionsOf('done')).toEqual(['remove']);
  expect(actionsOf('failed')).toContain('retry');
});

it('says the settings that matter', () => {
  const { options } = fakeJob({ id: 'a' });
  expect(settingsWords('m', { ...options, policy: 'interval=3', from: 5, every: 10 })).toEqual([
    ['Model', 'm'],
    ['Network sees', 'One frame in 3'],
    ['Smoothing', 'on'],
    ['Part', '0:05.0 to the end'],
    ['Frames', 'one in 10'],
  ]);
});
