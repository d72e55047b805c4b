import { describe, expect, it } from 'vitest';
import type { Size } from '../../../../src/core/geometry.js';
import { type ClassRuns, cellEdges, columnRuns, compressedCounts } from '../../../../src/record/export/run-length.js';
import { labelsAt } from '../../../../src/record/masked-frame.js';
import { cocoCounts } from '../../../support/exports.js';
import { blottedMask, drawnMask } from '../../../support/media/masks.js';

const all = new Set([0, 1, 2, 3, 4]);

/** Row-major pixels of a class, from its runs down the columns. */
function pixelsOf({ counts }: ClassRuns, { width, height }: Size): Uint8Array {
  const pixels = new Uint8Array(width * height);
  let at = 0;
  for (const [index, count] of counts.entries()) {
    for (const end = at + count; at < end; at++) {
      if (index % 2 === 1) pixels[(at % height) * width + Math.floor(at / height)] = 1;
    }
  }
  expect(at).toBe(pixels.length);
  return pixels;
}

describe('runs of a class', () => {
  it('go down the columns and begin with what is not the class', () => {
    const mask = drawnMask(
      '.1.', //
      '11.',
    );
    const [one] = columnRuns(mask, mask.size, new Set([1]));
    expect(one).toEqual({ id: 1, counts: [1, 3, 2], area: 3, box: [0, 0, 2, 2] });
  });

  it('begin with 0 where the first pixel is the class, and end without a rest where the last is', () => {
    const mask = drawnMask('1.', '11');
    expect(columnRuns(mask, mask.size, new Set([1]))[0]?.counts).toEqual([0, 2, 1, 1]);
    expect(columnRuns(mask, mask.size, new Set([0]))[0]?.counts).toEqual([2, 1, 1]);
  });

  it('cover the whole picture with one class in one run', () => {
    const mask = drawnMask('22', '22');
    expect(columnRuns(mask, { width: 5, height: 3 }, all)).toEqual([
      { id: 2, counts: [0, 15], area: 15, box: [0, 0, 5, 3] },
    ]);
  });

  it('leave out classes that nobody wants or that do not occur', () => {
    const mask = drawnMask('12', '.1');
    expect(columnRuns(mask, mask.size, new Set([1, 3])).map(({ id }) => id)).toEqual([1]);
  });

  it.each([
    { width: 37, height: 23 },
    { width: 128, height: 71 },
    { width: 20, height: 12 },
    { width: 7, height: 5 },
  ])('are those of the mask brought to $width×$height', (size) => {
    const mask = blottedMask({ width: 20, height: 12 }, 5, 7);
    const labels = labelsAt(mask, size);
    for (const runs of columnRuns(mask, size, all)) {
      expect(pixelsOf(runs, size)).toEqual(labels.map((label) => (label === runs.id ? 1 : 0)));
      expect(runs.area).toBe(labels.filter((label) => label === runs.id).length);
      const [x, y, width, height] = runs.box;
      const inside = [...labels.keys()].filter((at) => labels[at] === runs.id);
      const [columns, rows] = [inside.map((at) => at % size.width), inside.map((at) => Math.floor(at / size.width))];
      expect([x, y]).toEqual([Math.min(...columns), Math.min(...rows)]);
      expect([x + width - 1, y + height - 1]).toEqual([Math.max(...columns), Math.max(...rows)]);
    }
  });
});

describe('edges of mask cells', () => {
  it('are where the nearest cell changes', () => {
    expect(cellEdges(2, 5)).toEqual([0, 2, 5]);
    expect(cellEdges(4, 2)).toEqual([0, 0, 1, 1, 2]);
    expect(cellEdges(3, 3)).toEqual([0, 1, 2, 3]);
  });
});

describe('compressed counts', () => {
  it('are the texts that pycocotools writes', () => {
    // From pycocotools 2.0: mask.frPyObjects({'counts': [...], 'size': [h, w]}, h, w)['counts']
    expect(compressedCounts([6, 1, 40, 4, 5, 4, 5, 4, 21])).toBe('61X13mN000`0');
    expect(compressedCounts([0, 12])).toBe('0<');
    expect(compressedCounts([1, 100_000, 3])).toBe('1PeQ33');
  });

  it('come back from its decoding, whatever grows or shrinks', () => {
    for (const counts of [[0, 15], [5, 1, 1, 70_000, 2, 3, 900, 1], [2_073_600], [1, 1, 1, 1, 1_000_000, 1, 1]]) {
      expect(cocoCounts(compressedCounts(counts))).toEqual(counts);
    }
  });
});
