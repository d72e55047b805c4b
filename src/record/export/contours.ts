import type { Mask } from '../../core/mask.js';
import { findAreas } from './connected-areas.js';

/**
 * Outlines of the areas of some classes.
 *
 * In: a mask and classes. Out: one ring an area (4-connected), in mask cells; a hole is joined to its ring by a cut of no width, since
 * YOLO's format knows no holes: filled by the non-zero or the even-odd rule, the ring covers the area's cells and no others
 * before it is simplified. Edges are followed along the cracks between cells, with the area on the right.
 */

export type Point = readonly [x: number, y: number];

export interface Outline {
  readonly label: number;
  /** Number of the area; see `findAreas`. */
  readonly area: number;
  /** Clockwise where y points down; the last corner is joined to the first. */
  readonly ring: readonly Point[];
}

export interface ContourOptions {
  /** Areas and holes of fewer cells are left out. */
  readonly minCells: number;
  /** Farthest that a simplified outline may lie from the true one, in cells (Ramer–Douglas–Peucker). */
  readonly tolerance: number;
}

/** @returns in the order of the areas' first cells, row by row */
export function contours(mask: Mask, classes: ReadonlySet<number>, { minCells, tolerance }: ContourOptions): Outline[] {
  const areas = findAreas(mask);
  const wanted = areas.labels.map((label, area) => classes.has(label) && (areas.cells[area] as number) >= minCells);
  const rings = new Map<number, Point[][]>();
  for (const { area, ring } of followCracks(mask, areas.of, wanted)) {
    const list = rings.get(area);
    if (!list) rings.set(area, [ring]);
    else if (enclosed(ring) >= minCells) list.push(ring);
  }
  return [...rings].flatMap(([area, list]) => {
    const [outer, ...holes] = list.map((ring) => simplified(ring, tolerance)).filter((ring) => ring.length >= 3);
    return outer ? [{ label: areas.labels[area] as number, area, ring: holes.reduce(joined, outer) }] : [];
  });
}

/** No area has this number. */
const OUTSIDE = -1;

/** Right, down, left, up. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** Each area's outer ring comes before its holes: it begins at the area's topmost edge. */
function* followCracks(
  { size }: Mask,
  of: Int32Array,
  wanted: readonly boolean[],
): Generator<{ area: number; ring: Point[] }> {
  const { width, height } = size;
  const cell = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? OUTSIDE : of[y * width + x]);
  const seen = new Uint8Array(of.length);
  for (let at = 0; at < of.length; at++) {
    const area = of[at] as number;
    const [startX, startY] = [at % width, Math.floor(at / width)];
    if (!wanted[area] || cell(startX, startY - 1) === area || seen[at]) continue;
    const ring: Point[] = [];
    let [x, y, direction] = [startX, startY, 0];
    do {
      // Going right along the top of a cell: its top edge is done.
      if (direction === 0) seen[y * width + x] = 1;
      const [dx, dy] = STEPS[direction] as (typeof STEPS)[number];
      x += dx;
      y += dy;
      const next = turn(cell, area, x, y, direction);
      if (next !== direction) ring.push([x, y]);
      direction = next;
    } while (x !== startX || y !== startY || direction !== 0);
    yield { area, ring };
  }
}

/** At a corner: right if the cell ahead on the right is not the area's, left if the one ahead on the left is, else straight on. */
function turn(
  cell: (x: number, y: number) => number | undefined,
  area: number,
  x: number,
  y: number,
  direction: number,
): number {
  const [dx, dy] = STEPS[direction] as (typeof STEPS)[number];
  // The two cells ahead of the corner (x, y): on the right and on the left of the way.
  const right = cell(x + (dx - dy - 1) / 2, y + (dx + dy - 1) / 2);
  const left = cell(x + (dx + dy - 1) / 2, y + (dy - dx - 1) / 2);
  if (right !== area) return (direction + 1) % 4;
  return left === area ? (direction + 3) % 4 : direction;
}

/** Ramer–Douglas–Peucker on a ring, cut open at its first point and the point farthest from it. */
function simplified(ring: readonly Point[], tolerance: number): Point[] {
  const [first] = ring;
  if (!first || ring.length <= 4) return [...ring];
  let far = 0;
  for (const [index, point] of ring.entries()) {
    if (distance(first, point) > distance(first, ring[far] as Point)) far = index;
  }
  const keep = new Uint8Array(ring.length + 1);
  keep[0] = keep[far] = keep[ring.length] = 1;
  const point = (index: number) => ring[index % ring.length] as Point;
  const stack: [number, number][] = [
    [0, far],
    [far, ring.length],
  ];
  for (let span = stack.pop(); span; span = stack.pop()) {
    const [begin, end] = span;
    let [worst, at] = [0, -1];
    for (let index = begin + 1; index < end; index++) {
      const off = distanceToSegment(point(index), point(begin), point(end));
      if (off > worst) [worst, at] = [off, index];
    }
    if (worst <= tolerance) continue;
    keep[at] = 1;
    stack.push([begin, at], [at, end]);
  }
  return ring.filter((_, index) => keep[index]);
}

/** The ring with the hole joined at the nearest pair of corners. */
function joined(outer: readonly Point[], hole: readonly Point[]): Point[] {
  let [best, from, to] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const [i, a] of outer.entries()) {
    for (const [j, b] of hole.entries()) {
      const length = distance(a, b);
      if (length < best) [best, from, to] = [length, i, j];
    }
  }
  const around = [...hole.slice(to), ...hole.slice(0, to), hole[to] as Point];
  return [...outer.slice(0, from + 1), ...around, ...outer.slice(from)];
}

/** Cells that a ring goes around, whichever way (the shoelace formula). */
function enclosed(ring: readonly Point[]): number {
  let twice = 0;
  let [fromX, fromY] = ring.at(-1) as Point;
  for (const [x, y] of ring) {
    twice += fromX * y - x * fromY;
    [fromX, fromY] = [x, y];
  }
  return Math.abs(twice) / 2;
}

const distance = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(ax - bx, ay - by);

function distanceToSegment(point: Point, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length;
  const clamped = Math.max(0, Math.min(1, along));
  return distance(point, [a[0] + clamped * dx, a[1] + clamped * dy]);
}
