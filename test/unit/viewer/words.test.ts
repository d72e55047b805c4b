import { expect, it } from 'vitest';
import { DROP_CAUSES, STAGES } from '../../../src/core/stream.js';
import { DROP_WORDS, policyWords, STAGE_WORDS, sentence } from '../../../src/viewer/lib/words.js';

it('has words for every cause of a drop and every stage', () => {
  expect(Object.keys(DROP_WORDS).sort()).toEqual([...DROP_CAUSES].sort());
  expect(Object.keys(STAGE_WORDS).sort()).toEqual([...STAGES].sort());
});

it('says policies in words', () => {
  expect(['every', 'adaptive', 'interval=1', 'interval=5'].map(policyWords)).toEqual([
    'Every frame',
    'Adaptive',
    'Every frame',
    'One frame in 5',
  ]);
});

it('makes sentences of clauses', () => {
  expect(sentence('the camera refused the password')).toBe('The camera refused the password.');
  expect(sentence('rtsp://192.0.2.1/a: no answer')).toBe('rtsp://192.0.2.1/a: no answer.');
  expect(sentence('walk.mp4 has no video')).toBe('walk.mp4 has no video.');
  expect(sentence(' Nobody answers! ')).toBe('Nobody answers!');
});
