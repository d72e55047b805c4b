import { expect, it } from 'vitest';
import { findAreas } from '../../../../src/record/export/connected-areas.js';
import { drawnMask } from '../../../support/media/masks.js';

it('numbers the connected cells of each class, and counts them', () => {
  const { of, labels, cells } = findAreas(
    drawnMask(
      '11.2', //
      '1..2',
      '.1.2',
    ),
  );
  expect([...of]).toEqual([0, 0, 1, 2, 0, 1, 1, 2, 3, 4, 1, 2]);
  expect(labels).toEqual([1, 0, 2, 0, 1]);
  expect(cells).toEqual([3, 4, 3, 1, 1]);
});

it('does not join cells that touch at a corner, nor across the picture’s edge', () => {
  expect(findAreas(drawnMask('1.', '.1')).cells).toEqual([1, 1, 1, 1]);
  expect(findAreas(drawnMask('..1', '1..')).labels.filter((label) => label === 1)).toHaveLength(2);
});
