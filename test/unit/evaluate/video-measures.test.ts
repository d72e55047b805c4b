import { describe, expect, it } from 'vitest';
import type { Mask } from '../../../src/core/mask.js';
import { groupsOf, MOVING_NAMES, THIN_NAMES } from '../../../src/evaluate/class-groups.js';
import type { Luma } from '../../../src/evaluate/consistency-flow.js';
import { flickerOf } from '../../../src/evaluate/video-flicker.js';
import { lagOf } from '../../../src/evaluate/video-lag.js';
import { specksOf } from '../../../src/evaluate/video-specks.js';
import { stillPixels, stillStretches } from '../../../src/evaluate/video-still.js';

const SIZE = { width: 24, height: 16 };

const picture = (value: (x: number, y: number) => number): Luma => ({
  ...SIZE,
  data: Float32Array.from({ length: SIZE.width * SIZE.height }, (_, i) =>
    value(i % SIZE.width, Math.floor(i / SIZE.width)),
  ),
});

const mask = (labels: ArrayLike<number>): Mask => ({
  size: SIZE,
  labels: Uint8Array.from(labels),
  confidence: new Uint8Array(labels.length),
  origin: 'inferred',
  age: 0,
});

it('takes noise for stillness and an edge that moves for motion', () => {
  const noise = (x: number, y: number) => 100 + ((x * 7 + y * 13) % 5) - 2;
  const still = stillPixels(
    picture((x, y) => noise(x + 3, y)),
    picture(noise),
  );
  expect([...still].every((value) => value === 1)).toBe(true);
  const bar = (left: number) => picture((x) => (x >= left && x < left + 4 ? 200 : 50));
  const moved = stillPixels(bar(9), bar(8));
  expect(moved[5 * SIZE.width + 8]).toBe(0);
  expect(moved[5 * SIZE.width + 12]).toBe(0);
  expect(moved[5 * SIZE.width + 20]).toBe(1);
});

it('calls eight frames without motion a still stretch, and seven not', () => {
  const moving = [1, ...Array<number>(7).fill(0), 0.2, ...Array<number>(8).fill(0), 0.2];
  const still = stillStretches(moving);
  expect(still.slice(0, 9)).toEqual(Array(9).fill(false));
  expect(still.slice(9, 17)).toEqual(Array(8).fill(true));
  expect(still[17]).toBe(false);
});

it('counts flicker only where the picture is still, by the second', () => {
  const still = new Uint8Array(SIZE.width * SIZE.height).fill(1, 0, 100);
  const [a, b] = [new Uint8Array(still.length), new Uint8Array(still.length).fill(1, 90)];
  expect(flickerOf([mask(a), mask(b), mask(b)], [still, still], 10)).toBeCloseTo((10 / 200) * 10);
  expect(flickerOf([mask(a), mask(b)], [new Uint8Array(still.length)], 10)).toBeNaN();
});

describe('specks', () => {
  const pixels = SIZE.width * SIZE.height;
  const [width, height] = [SIZE.width, SIZE.height];
  const moving = (dx: number) => ({
    width,
    height,
    dx: new Float32Array(pixels).fill(dx),
    dy: new Float32Array(pixels),
  });
  const box = (left: number, side: number) =>
    mask(
      Array.from({ length: pixels }, (_, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return x >= left && x < left + side && y >= 4 && y < 4 + side ? 1 : 0;
      }),
    );
  const nothing = box(0, 0);
  /** At 10 frames a second, half a second is five frames: of twelve, one may appear in frames 1 to 6. */
  const specks = (frames: readonly Mask[], dx = 0) => specksOf(frames, Array(11).fill(moving(dx)), 10);
  const clip = (shown: (n: number) => Mask) => Array.from({ length: 12 }, (_, n) => shown(n));

  it('are small regions that come from nowhere and are gone within half a second', () => {
    expect(specks(clip((n) => (n >= 3 && n < 8 ? box(6, 3) : nothing)))).toBeCloseTo((1 / 6) * 10);
    expect(specks(clip((n) => (n >= 3 && n < 9 ? box(6, 3) : nothing)))).toBe(0);
    expect(specks(clip((n) => (n === 3 ? box(6, 9) : nothing)))).toBe(0);
    expect(specks(clip((n) => (n < 3 ? box(6, 3) : nothing)))).toBe(0);
  });

  it('are followed as the picture moves', () => {
    const walking = clip((n) => box(1 + 2 * n, 2));
    expect(specks(walking, -2)).toBe(0);
    expect(specks(walking, 4)).toBeGreaterThan(0);
  });

  it('are not counted in a clip too short to see one vanish', () => {
    expect(specksOf([nothing, nothing], [moving(0)], 10)).toBeNaN();
  });
});

it('measures by how many frames a mask follows an edge', () => {
  const edge = (at: number) =>
    Array.from({ length: SIZE.width * SIZE.height }, (_, i) => (i % SIZE.width < at ? 1 : 0));
  const numbers = Array.from({ length: 16 }, (_, n) => n);
  const labels = numbers.map((n) => Uint8Array.from(edge(n)));
  expect(
    lagOf(
      numbers.map((n) => mask(edge(n))),
      labels,
      255,
    ).frames,
  ).toBe(0);
  const late = lagOf(
    numbers.map((n) => mask(edge(Math.max(0, n - 2)))),
    labels,
    255,
  );
  expect(late.frames).toBe(2);
  expect(late.changes).toBeGreaterThan(0);
});

it('tells thin and moving classes by their names, however they are written', () => {
  const groups = groupsOf(['sky', 'Pole', 'traffic-light', 'pedestrian', 'other'], {
    thin: THIN_NAMES,
    moving: MOVING_NAMES,
  });
  expect(groups).toEqual(['other', 'thin', 'thin', 'moving', 'other']);
  expect(groupsOf(['hose'], { thin: ['hose'], moving: [] })).toEqual(['thin']);
});
