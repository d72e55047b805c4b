import { describe, expect, it } from 'vitest';
import { labelsAt } from '../../../../src/record/masked-frame.js';
import { ClassCounter } from '../../../../src/record/table/class-counts.js';
import { parseRegion, regionCells } from '../../../../src/record/table/region.js';
import { blottedMask, drawnMask } from '../../../support/media/masks.js';

const count = (values: Iterable<number>, label: number) => [...values].filter((value) => value === label).length;

describe('class counts', () => {
  it.each([
    { width: 64, height: 48 },
    { width: 37, height: 23 },
    { width: 20, height: 12 },
    { width: 9, height: 7 },
  ])('are those of the mask at $width×$height', (picture) => {
    const mask = blottedMask({ width: 20, height: 12 }, 4, 11);
    const labels = labelsAt(mask, picture);
    const { pixels } = new ClassCounter(picture, []).count(mask);
    for (let label = 0; label < 5; label++) expect(pixels[label]).toBe(count(labels, label));
    expect(pixels.reduce((sum, value) => sum + value, 0)).toBe(labels.length);
  });

  it('tell how many areas a class has, and how large the largest is', () => {
    const mask = drawnMask(
      '11.1', //
      '11..',
    );
    const { areas, largest } = new ClassCounter({ width: 8, height: 4 }, []).count(mask);
    expect([...areas.slice(0, 3)]).toEqual([1, 2, 0]);
    expect([...largest.slice(0, 3)]).toEqual([12, 16, 0]);
  });

  it('count in a region the pixels whose centres it holds', () => {
    const picture = { width: 40, height: 30 };
    const mask = blottedMask({ width: 13, height: 9 }, 3, 2);
    const labels = labelsAt(mask, picture);
    const triangle = parseRegion('t=5,3,38.2,9,12,27.5');
    const inside = (x: number, y: number) => {
      const corners = [[5, 3], [38.2, 9], [12, 27.5]] as const; // biome-ignore format: corners in one line
      const sides = corners.map(([ax, ay], index) => {
        const [bx, by] = corners[(index + 1) % 3] as (typeof corners)[number];
        return (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0;
      });
      return sides.every(Boolean);
    };
    const expected = [...labels].filter((_, at) => inside((at % 40) + 0.5, Math.floor(at / 40) + 0.5));
    const [region] = new ClassCounter(picture, [triangle]).count(mask).regions;
    expect(region?.total).toBe(expected.length);
    for (const label of [0, 1, 2]) expect(region?.pixels[label]).toBe(count(expected, label));
  });
});

describe('regions', () => {
  it('are read as pixels, or as shares where no number is above 1', () => {
    expect(parseRegion('door=0,0,20,0,20,40')).toEqual({ name: 'door', corners: [[0, 0], [20, 0], [20, 40]], unit: 'pixels' }); // biome-ignore format: corners in one line
    expect(parseRegion('left half = 0,0, 0.5,0, 0.5,1, 0,1')).toMatchObject({ name: 'left half', unit: 'shares' });
  });

  it.each([
    'door',
    '=0,0,1,0,1,1',
    'a,b=0,0,1,0,1,1',
    'door=0,0,5,5',
    'door=0,0,5,5,5',
    'door=0,0,5,x,5,5',
    'door=0,0,5,,5,5',
    'door=0,0,-5,0,5,5',
    'door=0,0,5,0,5,5,Infinity,3',
  ])('cannot be "%s"', (text) => {
    expect(() => parseRegion(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('cover a picture once when their parts do, whatever lies on the borders between them', () => {
    const picture = { width: 31, height: 17 };
    const mask = { width: 8, height: 5 };
    const parts = ['a=0,0,1,0,1,1', 'b=0,0,1,1,0,1'].map((text) => regionCells(parseRegion(text), picture, mask));
    expect(parts.reduce((sum, { total }) => sum + total, 0)).toBe(31 * 17);
    for (const { pixels, total } of parts) expect(pixels.reduce((sum, value) => sum + value, 0)).toBe(total);
  });

  it('end at the edges of the picture', () => {
    const { total, cells } = regionCells(parseRegion('all=0,0,900,0,900,900,0,900'), { width: 10, height: 6 }, { width: 5, height: 3 }); // biome-ignore format: one line
    expect(total).toBe(60);
    expect(cells).toHaveLength(15);
  });

  it('are refused where they hold no pixel', () => {
    const size = { width: 10, height: 6 };
    expect(() => regionCells(parseRegion('far=20,20,30,20,30,30'), size, size)).toThrow(
      'the region "far" holds no pixel of the picture, which is 10×6',
    );
  });
});
