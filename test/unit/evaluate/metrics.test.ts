import { describe, expect, it } from 'vitest';
import { ConfusionMatrix } from '../../../src/evaluate/confusion.js';
import { occurringClasses, scoresOf } from '../../../src/evaluate/metrics.js';

const matrix = (classes: number, truth: number[], prediction: number[]): ConfusionMatrix => {
  const result = new ConfusionMatrix(classes);
  result.add(Uint8Array.from(truth), Uint8Array.from(prediction));
  return result;
};

describe('a confusion matrix', () => {
  it('counts pixels by truth and prediction, picture after picture', () => {
    const counts = matrix(2, [0, 0, 0, 1], [0, 0, 1, 1]);
    counts.add(Uint8Array.from([1, 1]), Uint8Array.from([0, 1]));
    expect(counts.rows()).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(counts.count(1, 0)).toBe(1);
  });

  it('leaves out pixels whose truth is no class', () => {
    expect(matrix(2, [0, 255, 2, 1], [0, 1, 1, 1]).rows()).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe('scores', () => {
  // Class 0: 6 true, 5 found, 1 foreign. Class 1: 3 true, 2 found, 2 foreign. Class 2: 1 true, none found.
  const scores = scoresOf(matrix(3, [0, 0, 0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 0, 0, 1, 1, 1, 0, 1]));

  it('are intersection over union, recall, precision and share a class', () => {
    expect(scores.classes).toEqual([
      { iou: 5 / 7, accuracy: 5 / 6, precision: 5 / 6, share: 0.6 },
      { iou: 2 / 5, accuracy: 2 / 3, precision: 2 / 4, share: 0.3 },
      { iou: 0, accuracy: 0, precision: undefined, share: 0.1 },
    ]);
  });

  it('are means over classes, and the share of all pixels that are right', () => {
    expect(scores.meanIoU).toBeCloseTo((5 / 7 + 2 / 5) / 3, 12);
    expect(scores.classAccuracy).toBeCloseTo((5 / 6 + 2 / 3) / 3, 12);
    expect(scores.pixelAccuracy).toBeCloseTo(0.7, 12);
  });

  it('leave a class that neither occurs nor is predicted out of the means', () => {
    const partial = scoresOf(matrix(3, [0, 0, 1], [0, 0, 1]));
    expect(partial.classes[2]).toEqual({ iou: undefined, accuracy: undefined, precision: undefined, share: 0 });
    expect(partial).toMatchObject({ meanIoU: 1, classAccuracy: 1, pixelAccuracy: 1 });
  });

  it('count a class that is only predicted as 0', () => {
    expect(scoresOf(matrix(2, [0, 0], [0, 1])).meanIoU).toBeCloseTo(0.25, 12);
  });

  it('are not numbers without a labelled pixel', () => {
    expect(scoresOf(matrix(2, [255], [0]))).toMatchObject({
      meanIoU: Number.NaN,
      pixelAccuracy: Number.NaN,
      classAccuracy: Number.NaN,
    });
  });
});

describe('a mean over chosen classes', () => {
  /** Half and half of classes 0 and 1; then a few pixels of class 2 in the prediction, in the truth, or in both. */
  const halves = (...stray: readonly (readonly [truth: number, prediction: number])[]) => {
    const pixels = Array.from({ length: 1000 }, (_, at) => [at % 2, at % 2] as const);
    const all = [...pixels, ...stray];
    return matrix(
      3,
      all.map(([truth]) => truth),
      all.map(([, prediction]) => prediction),
    );
  };
  const meanOf = (counts: ConfusionMatrix, leastShare: number) =>
    scoresOf(counts, occurringClasses(counts, leastShare)).meanIoU;

  it('stays where it is when a class is predicted that does not occur', () => {
    const counts = halves([0, 2], [1, 2]);
    expect(scoresOf(counts).meanIoU).toBeLessThan(0.67);
    expect(meanOf(counts, 0)).toBeGreaterThan(0.99);
  });

  it('leaves out classes of a few pixels where it is told to', () => {
    const counts = halves([2, 0], [2, 1]);
    expect(meanOf(counts, 0)).toBeLessThan(0.67);
    expect(meanOf(counts, 0.005)).toBeGreaterThan(0.99);
  });

  it('takes what there is where no class is large', () => {
    expect([...occurringClasses(halves(), 0.9)]).toEqual([0, 1]);
  });
});
