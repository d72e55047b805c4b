import { MaskcastError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import { cellEdges } from '../export/run-length.js';

/** A named part of the picture, for instance a doorway, whose classes are counted apart. */
export interface Region {
  readonly name: string;
  /** Corners of a polygon; where its sides cross, the even-odd rule decides what is inside. */
  readonly corners: readonly (readonly [x: number, y: number])[];
  /** What the corners are measured in: pixels of the source, or shares of its width and height. */
  readonly unit: 'pixels' | 'shares';
}

/** Anything that a column's name can hold. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_ -]*$/u;

/**
 * @param text `name=x1,y1,x2,y2,x3,y3,…`; numbers that are all from 0 to 1 are shares, others pixels
 * @throws MaskcastError USAGE
 */
export function parseRegion(text: string): Region {
  const refuse = (why: string) =>
    new MaskcastError('USAGE', `a region is name=x1,y1,x2,y2,x3,y3,…; ${why}; received "${text}"`);
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0)).trim();
  if (!NAME.test(name)) throw refuse('its name is letters, digits, spaces, - and _');
  const parts = text.slice(at + 1).split(',');
  const numbers = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!numbers.every((value) => Number.isFinite(value) && value >= 0)) throw refuse('coordinates are numbers from 0');
  if (numbers.length < 6 || numbers.length % 2 === 1) throw refuse('it has at least three corners of two numbers each');
  const corners = Array.from(
    { length: numbers.length / 2 },
    (_, index) => [numbers[2 * index] as number, numbers[2 * index + 1] as number] as const,
  );
  return { name, corners, unit: numbers.every((value) => value <= 1) ? 'shares' : 'pixels' };
}

/** Pixels of a region in each mask cell that it touches. */
export interface RegionCells {
  /** Ascending. */
  readonly cells: Int32Array;
  /** As many as `cells`, each at least 1. */
  readonly pixels: Uint32Array;
  /** Their sum. */
  readonly total: number;
}

/**
 * A pixel belongs to the region if its centre does, and to the mask cell from which `labelsAt` takes its class.
 *
 * @param picture size in which pixels are counted
 * @param mask its size in cells
 * @throws MaskcastError USAGE where no pixel of the picture is inside
 */
export function regionCells({ name, corners, unit }: Region, picture: Size, mask: Size): RegionCells {
  const [scaleX, scaleY] = unit === 'shares' ? [picture.width, picture.height] : [1, 1];
  const points = corners.map(([x, y]) => [x * scaleX, y * scaleY] as const);
  const columnOf = cellsOf(mask.width, picture.width);
  const rowOf = cellsOf(mask.height, picture.height);
  const counts = new Uint32Array(mask.width * mask.height);
  let total = 0;
  for (let y = 0; y < picture.height; y++) {
    const row = (rowOf[y] as number) * mask.width;
    const crossings = crossingsAt(points, y + 0.5);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const begin = Math.max(0, Math.ceil((crossings[pair] as number) - 0.5));
      const end = Math.min(picture.width, Math.ceil((crossings[pair + 1] as number) - 0.5));
      for (let x = begin; x < end; x++) {
        const cell = row + (columnOf[x] as number);
        counts[cell] = (counts[cell] as number) + 1;
      }
      total += Math.max(0, end - begin);
    }
  }
  if (total === 0) {
    const size = `${picture.width}×${picture.height}`;
    throw new MaskcastError('USAGE', `the region "${name}" holds no pixel of the picture, which is ${size}`);
  }
  const cells = Int32Array.from(counts.keys()).filter((cell) => counts[cell] !== 0);
  return { cells, pixels: Uint32Array.from(cells, (cell) => counts[cell] as number), total };
}

/** The mask cell of each pixel along a side. */
function cellsOf(cells: number, length: number): Int32Array {
  const edges = cellEdges(cells, length);
  const of = new Int32Array(length);
  for (let cell = 0; cell < cells; cell++) of.fill(cell, edges[cell], edges[cell + 1]);
  return of;
}

/** Where the polygon's sides cross a horizontal line, from left to right; a corner on the line counts to the side below it. */
function crossingsAt(points: readonly (readonly [number, number])[], y: number): number[] {
  const crossings: number[] = [];
  let [fromX, fromY] = points.at(-1) as readonly [number, number];
  for (const [x, toY] of points) {
    if (fromY <= y !== toY <= y) crossings.push(fromX + ((y - fromY) / (toY - fromY)) * (x - fromX));
    [fromX, fromY] = [x, toY];
  }
  return crossings.sort((a, b) => a - b);
}
