import { describe, expect, it } from 'vitest';
import type { Size } from '../../../../src/core/geometry.js';
import { contours, type Outline, type Point } from '../../../../src/record/export/contours.js';
import { yoloLines } from '../../../../src/record/export/yolo.js';
import { blottedMask, drawnMask } from '../../../support/media/masks.js';

const EXACT = { minCells: 1, tolerance: 0 };
const one = new Set([1]);

/** Cells whose centres are inside by the even-odd and by the non-zero rule; both have to say the same. */
function filled(outlines: readonly Outline[], { width, height }: Size): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [(at % width) + 0.5, Math.floor(at / width) + 0.5];
    const windings = outlines.map(({ ring }) => winding(ring, x, y));
    const [odd, turned] = [windings.some(({ crossed }) => crossed % 2), windings.some(({ turns }) => turns !== 0)];
    if (odd !== turned) throw new Error(`the rules differ at ${x}, ${y}`);
    return odd ? 1 : 0;
  });
}

function winding(ring: readonly Point[], x: number, y: number) {
  let [crossed, turns] = [0, 0];
  let [fromX, fromY] = ring.at(-1) as Point;
  for (const [toX, toY] of ring) {
    const at = fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX);
    if (fromY <= y !== toY <= y && at > x) {
      crossed += 1;
      turns += toY > fromY ? 1 : -1;
    }
    [fromX, fromY] = [toX, toY];
  }
  return { crossed, turns };
}

describe('outlines', () => {
  it('go around a cell clockwise', () => {
    expect(contours(drawnMask('...', '.1.', '...'), one, EXACT)).toEqual([
      { label: 1, area: 1, ring: [[2, 1], [2, 2], [1, 2], [1, 1]] }, // biome-ignore format: corners in one line
    ]);
  });

  it('go around each area of the class apart, also where two touch at a corner', () => {
    const rings = contours(
      drawnMask(
        '11..', //
        '11..',
        '..11',
        '1.11',
      ),
      one,
      EXACT,
    );
    expect(rings).toHaveLength(3);
    expect(rings.map(({ ring }) => ring.length)).toEqual([4, 4, 4]);
  });

  it('cut to a hole and come back the same way', () => {
    const mask = drawnMask(
      '11111', //
      '1...1',
      '1.1.1',
      '1...1',
      '11111',
    );
    const rings = contours(mask, one, EXACT);
    expect(rings).toHaveLength(2);
    expect([...filled(rings, mask.size)]).toEqual([...mask.labels]);
    expect(rings[0]?.ring).toHaveLength(4 + 4 + 2);
  });

  it('cover two holes of one area, and holes that touch at a corner', () => {
    for (const rows of [
      ['1111111', '1.11..1', '1111..1', '1111111'],
      ['11111', '1.111', '11.11', '11111'],
    ]) {
      const mask = drawnMask(...rows);
      const rings = contours(mask, one, EXACT);
      expect(rings).toHaveLength(1);
      expect([...filled(rings, mask.size)]).toEqual([...mask.labels]);
    }
  });

  it('reach the borders of the picture', () => {
    const mask = drawnMask('1.1', '111');
    expect([...filled(contours(mask, one, EXACT), mask.size)]).toEqual([...mask.labels]);
  });

  it('cover exactly their cells in any mask, before they are simplified', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const mask = blottedMask({ width: 40, height: 30 }, 4, seed);
      for (const label of [0, 1, 2, 3]) {
        const rings = contours(mask, new Set([label]), EXACT);
        expect(filled(rings, mask.size)).toEqual(mask.labels.map((cell) => (cell === label ? 1 : 0)));
      }
    }
  });

  it('leave out areas and holes that are too small', () => {
    const mask = drawnMask(
      '1111.1', //
      '1.11..',
      '1111..',
    );
    const rings = contours(mask, one, { minCells: 2, tolerance: 0 });
    expect(rings).toEqual([{ label: 1, area: 0, ring: [[4, 0], [4, 3], [0, 3], [0, 0]] }]); // biome-ignore format: corners in one line
  });

  it('keep within the tolerance of the true outline with fewer corners', () => {
    const size = { width: 80, height: 60 };
    const mask = blottedMask(size, 2, 3);
    const options = { minCells: 20, tolerance: 0 };
    const [exact, simple] = [contours(mask, one, options), contours(mask, one, { ...options, tolerance: 0.75 })];
    const corners = (rings: readonly Outline[]) => rings.reduce((sum, { ring }) => sum + ring.length, 0);
    expect(corners(simple)).toBeLessThan(corners(exact) * 0.6);
    for (const [index, { ring }] of exact.entries()) {
      const other = simple[index] as Outline;
      for (const point of ring) expect(distanceToRing(point, other.ring)).toBeLessThanOrEqual(0.75 + 1e-9);
    }
  });
});

function distanceToRing([x, y]: Point, ring: readonly Point[]): number {
  let least = Number.POSITIVE_INFINITY;
  let from = ring.at(-1) as Point;
  for (const to of ring) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const along = Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy || 1)));
    least = Math.min(least, Math.hypot(x - from[0] - along * dx, y - from[1] - along * dy));
    from = to;
  }
  return least;
}

describe('YOLO lines', () => {
  it('name the class by its place among the exported ones, and corners in shares of the sides', () => {
    const mask = drawnMask(
      '....2222', //
      '111.2222',
      '111.2222',
      '........',
    );
    expect(yoloLines(mask, [2, 1])).toBe('0 1 0 1 0.75 0.5 0.75 0.5 0\n1 0.375 0.25 0.375 0.75 0 0.75 0 0.25\n');
  });

  it('have one line an area, none for a class that was not asked for, and none for specks', () => {
    const mask = drawnMask(
      '111.111', //
      '111.111',
      '.......',
      '2...333',
      '....333',
    );
    expect(yoloLines(mask, [1, 2]).split('\n')).toHaveLength(3);
    expect(yoloLines(drawnMask('...', '...'), [1, 2])).toBe('');
  });
});
