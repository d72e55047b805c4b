import { describe, expect, it } from 'vitest';
import { jobInput, jobOutput } from '../../../src/delivery/http/jobs-schema.js';
import {
  checkFields,
  DEFAULT_FIELDS,
  OUTPUT_GROUPS,
  parseTime,
  problemField,
  toJobInput,
} from '../../../src/viewer/lib/job-form.js';

describe('the form for a new job', () => {
  it('offers every output that the server knows, once', () => {
    const offered = OUTPUT_GROUPS.flatMap(({ choices }) => choices.map(({ name }) => name));
    expect(offered.toSorted()).toEqual([...jobOutput.options].toSorted());
  });

  it('sends what the server takes, and the defaults that the server has', () => {
    const input = toJobInput({ media: 'a/b.mp4' }, undefined, DEFAULT_FIELDS);
    expect(jobInput.parse(input)).toEqual(jobInput.parse({ input: { media: 'a/b.mp4' } }));
  });

  it('sends every option that was chosen', () => {
    const fields = {
      ...DEFAULT_FIELDS,
      outputs: new Set(['yolo', 'overlay'] as const),
      model: 'mine',
      policy: 'interval',
      interval: '7',
      smoothing: false,
      from: '0:05',
      to: '1:02.5',
      sampling: 'every',
      every: '4',
      opacity: 35,
      outline: true,
      legend: true,
      classes: new Set(['person']),
      modelClasses: { animal: 'off' },
      codec: 'av1',
    } as const;
    expect(jobInput.parse(toJobInput({ upload: 'u1' }, 'walk.mp4', fields))).toEqual({
      input: { upload: 'u1' },
      name: 'walk.mp4',
      options: {
        outputs: ['overlay', 'yolo'],
        model: 'mine',
        policy: 'interval=7',
        smoothing: false,
        from: 5,
        to: 62.5,
        every: 4,
        opacity: 0.35,
        outline: true,
        legend: true,
        classes: ['person'],
        modelClasses: { animal: 'off' },
        codec: 'av1',
      },
    });
  });

  it.each([
    ['83.5', 83.5],
    ['1:23,5', 83.5],
    ['1:02:03', 3723],
    ['90:00', 5400],
    ['1:60', undefined],
    ['1:60:00', undefined],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('reads "%s" as %s seconds', (text, seconds) => {
    expect(parseTime(text)).toBe(seconds);
  });

  it('tells at each field what has to change', () => {
    const fields = {
      ...DEFAULT_FIELDS,
      outputs: new Set<never>(),
      policy: 'interval',
      interval: '0',
      from: '10',
      to: '5',
      sampling: 'fps',
      fps: 'x',
      classes: new Set<string>(),
    } as const;
    expect(checkFields(fields).map(({ field }) => field)).toEqual(['outputs', 'to', 'interval', 'fps', 'classes']);
    expect(checkFields(DEFAULT_FIELDS)).toEqual([]);
  });

  it.each([
    ['options.to', 'to'],
    ['options.outputs[1]', 'outputs'],
    ['input.media', 'input'],
    ['options.nothing', 'form'],
    ['(all)', 'form'],
  ])("puts the server's complaint about %s at %s", (path, field) => {
    expect(problemField(path)).toBe(field);
  });
});
