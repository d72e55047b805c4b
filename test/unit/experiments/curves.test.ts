import { describe, expect, it } from 'vitest';
import { parseCurve } from '../../../scripts/experiments/curves.js';
import { curveGroups } from '../../../scripts/experiments/page.js';
import { paretoFront } from '../../../scripts/experiments/pareto.js';

const RECIPE = JSON.stringify({ model: 'unet-small', steps: 300, batch: 8, crop: [192, 256], rate: 0.002 });

describe('learning curves', () => {
  it('come from the log of a run, with the mean over the classes of the first validation set', () => {
    const log = [
      '{"step": 10, "loss": 2.5, "rate": 0.1, "seconds_per_step": 1}',
      '{"step": 20, "loss": 1.5}',
      '{"step": 20, "validation": {"val/sky": 60, "val/pole": 20, "other/sky": 0, "selection": 99}}',
      '',
    ].join('\n');
    expect(parseCurve('run-1', RECIPE, log)).toEqual({
      run: 'run-1',
      model: 'unet-small',
      steps: 300,
      batch: 8,
      crop: [192, 256],
      losses: [
        [10, 2.5],
        [20, 1.5],
      ],
      validations: [[20, 40]],
    });
  });

  it('are thinned to what a plot can show, by means', () => {
    const log = Array.from({ length: 300 }, (_, index) => JSON.stringify({ step: index + 1, loss: index % 2 })).join(
      '\n',
    );
    const { losses } = parseCurve('long', RECIPE, log);
    expect(losses).toHaveLength(150);
    expect(losses[0]).toEqual([2, 0.5]);
    expect(losses.at(-1)).toEqual([300, 0.5]);
  });

  it('share a plot where the budget was the same', () => {
    const short = parseCurve('a', RECIPE, '');
    const long = { ...short, run: 'b', steps: 4200 };
    expect(curveGroups([short, long, { ...short, run: 'c' }]).map((group) => group.map(({ run }) => run))).toEqual([
      ['a', 'c'],
      ['b'],
    ]);
  });
});

describe('the front of what nothing beats', () => {
  it('leaves out what is dearer and no better', () => {
    const points = [
      { name: 'dear and worse', cost: 5, score: 40 },
      { name: 'cheap', cost: 1, score: 30 },
      { name: 'good', cost: 3, score: 50 },
      { name: 'as dear, worse', cost: 3, score: 45 },
      { name: 'best', cost: 9, score: 51 },
      { name: 'as good, dearer', cost: 10, score: 51 },
    ];
    expect(paretoFront(points).map(({ name }) => name)).toEqual(['cheap', 'good', 'best']);
  });

  it('is empty where there is nothing', () => {
    expect(paretoFront([])).toEqual([]);
  });
});
