import { describe, expect, it } from 'vitest';
import type { JobOptions, JobView } from '../../../src/delivery/http/jobs-schema.js';
import {
  type DatasetFields,
  DEFAULT_DATASET,
  datasetProblem,
  datasetWords,
  partChoices,
  toDatasetQuery,
  usable,
} from '../../../src/viewer/lib/dataset-form.js';

const job = (id: string, outputs: JobOptions['outputs'], state: JobView['state'] = 'done') =>
  ({ id, name: id, state, options: { outputs } }) as unknown as JobView;

const JOBS = [
  job('day', ['overlay', 'frames', 'coco', 'label-studio']),
  job('night', ['frames', 'coco', 'yolo']),
  job('drawn', ['overlay', 'frames']),
  job('runs', ['coco'], 'running'),
];

const fields = (change: Partial<DatasetFields>): DatasetFields => ({ ...DEFAULT_DATASET, ...change });
const choices = (asked: DatasetFields) => partChoices(asked, JOBS);
const problem = (change: Partial<DatasetFields>) => datasetProblem(fields(change), choices(fields(change)));
const query = (change: Partial<DatasetFields>) =>
  Object.fromEntries(new URLSearchParams(toDatasetQuery(fields(change), choices(fields(change)))));

describe('the form for a data set', () => {
  it('takes finished jobs that have labels', () => {
    expect(usable(JOBS).map(({ id }) => id)).toEqual(['day', 'night']);
  });

  it('offers what the chosen have between them, and sets what all have', () => {
    expect(choices(fields({ jobs: ['day', 'night'] }))).toEqual([
      { output: 'frames', shared: true, checked: true },
      { output: 'coco', shared: true, checked: true },
      { output: 'yolo', shared: false, checked: false },
      { output: 'label-studio', shared: false, checked: false },
    ]);
    expect(choices(fields({ jobs: ['night'], outputs: new Set(['yolo']) })).map(({ checked }) => checked)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it.each([
    [{}, /Choose the recordings first/],
    [{ jobs: Array.from({ length: 101 }, (_, index) => `job-${index}`) }, /At most 100/],
    [{ jobs: ['day'], outputs: new Set(['frames'] as const) }, /at least one kind of labels/],
    [{ jobs: ['day'], percent: '100' }, /below 100/],
    [{ jobs: ['day'], percent: 'some' }, /below 100/],
    [{ jobs: ['day', 'drawn'] }, /no kind of labels in common/],
  ] as [Partial<DatasetFields>, RegExp][])('says what is wrong with %o', (change, words) => {
    expect(problem(change)).toMatch(words);
  });

  it('asks for what was chosen', () => {
    expect(problem({ jobs: ['night', 'day'] })).toBeUndefined();
    expect(query({ jobs: ['night', 'day'], percent: '12,5' })).toEqual({
      jobs: 'night,day',
      outputs: 'frames,coco',
      share: '0.125',
    });
    const prefix = { picturePrefix: '/d/' };
    const byHand = { split: 'hand', validation: new Set(['day', 'elsewhere']) } as const;
    expect(query({ jobs: ['day', 'night'], ...byHand, ...prefix })).toMatchObject({ val: 'day' });
    expect(query({ jobs: ['day'], ...prefix })).toMatchObject({ picturePrefix: '/d/' });
    expect(query({ jobs: ['night'], ...prefix })).not.toHaveProperty('picturePrefix');
  });

  it('tells what it comes to', () => {
    const recording = (split: 'train' | 'val') => ({ job: 'a', name: 'a', split, frames: 700 });
    const view = (recordings: ReturnType<typeof recording>[]) => ({ recordings, outputs: [], left: [] });
    expect(datasetWords(view([recording('train'), recording('train'), recording('val')]))).toBe(
      '2\u202f100 frames: 2 recordings to train on, 1 to validate with',
    );
    expect(datasetWords(view([recording('train')]))).toBe('700 frames: 1 recording to train on, none to validate with');
  });
});
