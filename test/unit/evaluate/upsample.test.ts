import { describe, expect, it } from 'vitest';
import type { Size } from '../../../src/core/geometry.js';
import type { ScoreMap } from '../../../src/core/mask.js';
import { upsampledLabels } from '../../../src/evaluate/upsample.js';

const map = (size: Size, ...planes: number[][]): ScoreMap => ({
  classes: planes.length,
  size,
  data: Float32Array.from(planes.flat()),
});
const rows = (labels: Uint8Array, width: number): string[] =>
  Array.from({ length: labels.length / width }, (_, y) => labels.subarray(y * width, (y + 1) * width).join(''));

describe('labels at full size', () => {
  it('are the most probable class where nothing is scaled', () => {
    const size = { width: 2, height: 2 };
    const scores = map(size, [0.9, 0.1, 0.4, 0.2], [0.1, 0.9, 0.6, 0.8]);
    expect([...upsampledLabels(scores, size, size)]).toEqual([0, 1, 1, 1]);
  });

  it('change half way between two equally sure scores', () => {
    const full = { width: 8, height: 4 };
    const scores = map({ width: 2, height: 1 }, [1, 0], [0, 1]);
    expect(rows(upsampledLabels(scores, full, full), 8)).toEqual(Array(4).fill('00001111'));
  });

  it('give a surer score more room', () => {
    // Between the centres (x = 1.5 and 5.5) class 1 wins where ln 99 < (ln 99 + ln 4) t: from t = 0.77. Probabilities instead of
    // logits would let it win from t = 0.62, one pixel earlier.
    const full = { width: 8, height: 1 };
    const scores = map({ width: 2, height: 1 }, [0.99, 0.2], [0.01, 0.8]);
    expect(rows(upsampledLabels(scores, full, full), 8)).toEqual(['00000111']);
  });

  it('interpolate downwards too', () => {
    const full = { width: 1, height: 8 };
    const scores = map({ width: 1, height: 2 }, [1, 0], [0, 1]);
    expect([...upsampledLabels(scores, full, full)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('can be cut out of a padded plane', () => {
    const full = { width: 8, height: 8 };
    const scores = map({ width: 2, height: 2 }, [1, 0, 0, 1], [0, 1, 1, 0]);
    expect(rows(upsampledLabels(scores, full, { width: 6, height: 5 }), 6)).toEqual([
      ...Array(4).fill('000011'),
      '111100',
    ]);
  });

  it('can be cut out of a plane that is not scaled', () => {
    const size = { width: 3, height: 2 };
    const scores = map(size, [0.9, 0.1, 0.9, 0.1, 0.9, 0.9], [0.1, 0.9, 0.1, 0.9, 0.1, 0.1]);
    expect(rows(upsampledLabels(scores, size, { width: 2, height: 2 }), 2)).toEqual(['01', '10']);
  });

  it('are those of the lowest class where two are equal', () => {
    const size = { width: 1, height: 1 };
    expect([...upsampledLabels(map(size, [0.5], [0.5]), size, size)]).toEqual([0]);
  });
});
