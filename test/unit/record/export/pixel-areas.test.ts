import { describe, expect, it } from 'vitest';
import { pixelAreas } from '../../../../src/record/export/pixel-areas.js';
import { labelsAt } from '../../../../src/record/masked-frame.js';
import { paintPolygon } from '../../../support/exports.js';
import { blottedMask, drawnMask } from '../../../support/media/masks.js';

describe('connected areas in pixels', () => {
  it.each([
    ['larger', { width: 97, height: 61 }],
    ['smaller', { width: 17, height: 11 }],
    ['equal', { width: 40, height: 30 }],
  ])('cover the masks of the PNG sequence, each pixel once: a picture that is %s', (_, size) => {
    const mask = blottedMask({ width: 40, height: 30 }, 3, 7);
    const expected = labelsAt(mask, size);
    const painted = new Uint8Array(expected.length).fill(255);
    const counts = new Uint8Array(expected.length);
    for (const { label, polygon, area, box } of pixelAreas(mask, size, new Set([0, 1, 2]))) {
      const own = new Uint8Array(expected.length);
      const shares = polygon.map((value, at) => value / (at % 2 === 0 ? size.width : size.height));
      paintPolygon(own, size, shares, 1);
      const pixels = [...own.keys()].filter((at) => own[at] === 1);
      expect(area).toBe(pixels.length);
      const xs = pixels.map((at) => at % size.width);
      const ys = pixels.map((at) => Math.floor(at / size.width));
      const [left, top] = [Math.min(...xs), Math.min(...ys)];
      expect(box).toEqual([left, top, Math.max(...xs) + 1 - left, Math.max(...ys) + 1 - top]);
      for (const at of pixels) {
        painted[at] = label;
        counts[at] = (counts[at] as number) + 1;
      }
    }
    expect(painted).toEqual(expected);
    expect(new Set(counts)).toEqual(new Set([1]));
  });

  it('are those of the chosen classes only', () => {
    const mask = drawnMask('11.', '...', '2.1');
    expect(pixelAreas(mask, { width: 3, height: 3 }, new Set([1]))).toEqual([
      { label: 1, polygon: [2, 0, 2, 1, 0, 1, 0, 0], area: 2, box: [0, 0, 2, 1] },
      { label: 1, polygon: [3, 2, 3, 3, 2, 3, 2, 2], area: 1, box: [2, 2, 1, 1] },
    ]);
  });
});
