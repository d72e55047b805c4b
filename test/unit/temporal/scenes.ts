import type { Size } from '../../../src/core/geometry.js';
import type { Mask, ScoreMap } from '../../../src/core/mask.js';
import { seconds } from '../../../src/core/time.js';
import type { ObservedFrame } from '../../../src/temporal/engine.js';
import { CELL, gridOf } from '../../../src/temporal/plane.js';

/** Synthetic pictures: the luma at a place, 0–255, as a smooth function, so that sub-pixel motion is exact. */
export type Scene = (x: number, y: number) => number;

export const SIZE: Size = { width: 256, height: 192 };
export const GRID = gridOf(SIZE);

/** Waves of several lengths and directions: no two neighbourhoods look alike. */
export const texture =
  (seed = 0): Scene =>
  (x, y) =>
    128 +
    30 * Math.sin(0.11 * x + 0.05 * y + seed) +
    30 * Math.sin(0.07 * x - 0.13 * y + 2 * seed) +
    25 * Math.sin(0.031 * x + 0.23 * y + 3 * seed) +
    25 * Math.sin(0.19 * x - 0.021 * y + 5 * seed);

/** Nothing that `texture` shows. */
export const chequers: Scene = (x, y) => (((x >> 4) + (y >> 4)) % 2 === 0 ? 20 : 240);

/** The scene's content moved right by `dx` and down by `dy`. */
export const moved =
  (scene: Scene, dx: number, dy: number): Scene =>
  (x, y) =>
    scene(x - dx, y - dy);

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const isIn = (box: Box, x: number, y: number): boolean =>
  x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;

/** A bright, striped object before the scene. */
export const withObject =
  (scene: Scene, box: Box): Scene =>
  (x, y) =>
    isIn(box, x, y) ? 200 + 50 * Math.sin(0.5 * (x - box.left)) : scene(x, y);

const drawn = new WeakMap<Scene, Uint8Array>();

function draw(scene: Scene): Uint8Array {
  const known = drawn.get(scene);
  if (known) return known;
  const pixels = new Uint8Array(SIZE.width * SIZE.height * 3);
  for (let y = 0, p = 0; y < SIZE.height; y += 1) {
    for (let x = 0; x < SIZE.width; x += 1, p += 3) pixels.fill(Math.round(scene(x, y)), p, p + 3);
  }
  drawn.set(scene, pixels);
  return pixels;
}

export function frameOf(number: number, scene: Scene, options: Partial<ObservedFrame> = {}): ObservedFrame {
  return {
    number,
    time: seconds(number / 25),
    discontinuity: number === 0,
    geometry: { analysis: SIZE, content: SIZE },
    pixels: draw(scene),
    ...options,
  };
}

/** A network that is sure: class 1 in the box, class 0 elsewhere. */
export function scoresOf(box: Box | undefined, certainty = 0.9): ScoreMap {
  const plane = GRID.width * GRID.height;
  const data = new Float32Array(2 * plane);
  for (let y = 0, i = 0; y < GRID.height; y += 1) {
    for (let x = 0; x < GRID.width; x += 1, i += 1) {
      const inside = box !== undefined && isIn(box, (x + 0.5) * CELL, (y + 0.5) * CELL);
      data[i] = inside ? 1 - certainty : certainty;
      data[plane + i] = inside ? certainty : 1 - certainty;
    }
  }
  return { classes: 2, size: GRID, data };
}

/** IoU of the mask's class 1 with a box, 0–1; 1 where both are empty. */
export function overlap({ size, labels }: Mask, box: Box | undefined): number {
  let both = 0;
  let either = 0;
  for (let y = 0, i = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1, i += 1) {
      const truth =
        box !== undefined && isIn(box, ((x + 0.5) * SIZE.width) / size.width, ((y + 0.5) * SIZE.height) / size.height);
      const found = labels[i] === 1;
      if (truth || found) either += 1;
      if (truth && found) both += 1;
    }
  }
  return either === 0 ? 1 : both / either;
}
