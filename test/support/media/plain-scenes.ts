import type { Size } from '../../../src/core/geometry.js';

/** Pictures by arithmetic: scenes that a person tells apart at a glance, smooth, dark or textured, seen with a little motion and noise. */

type Colour = readonly [red: number, green: number, blue: number];
/** The colour at a place; pictures are 320 × 180 of these units, whatever their size in pixels. */
export type ColourScene = (x: number, y: number) => Colour;

const [WIDTH, HEIGHT] = [320, 180];

/** Mulberry32: 0–1, the same values for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const mix = (a: Colour, b: Colour, share: number): Colour => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];

type Light = readonly [x: number, y: number, radius: number, colour: Colour];

/** From top to bottom, with soft lights. */
const smooth =
  (top: Colour, bottom: Colour, ...lights: readonly Light[]): ColourScene =>
  (x, y) =>
    lights.reduce(
      (colour, [left, up, radius, light]) =>
        mix(colour, light, Math.exp(-((x - left) ** 2 + (y - up) ** 2) / radius ** 2)),
      mix(top, bottom, y / HEIGHT),
    );

const split =
  (at: number, left: Colour, right: Colour, softness: number): ColourScene =>
  (x) =>
    mix(left, right, 1 / (1 + Math.exp(-(x - at) / softness)));

/** Value noise of blobs of `size`. */
function blobs(seed: number, size: number): (x: number, y: number) => number {
  const side = 64;
  const values = Float32Array.from({ length: side * side }, random(seed));
  const wrap = (index: number) => ((index % side) + side) % side;
  const at = (i: number, j: number) => values[wrap(j) * side + wrap(i)] as number;
  return (x, y) => {
    const [i, j] = [Math.floor(x / size), Math.floor(y / size)];
    const [u, v] = [x / size - i, y / size - j];
    const [s, t] = [u * u * (3 - 2 * u), v * v * (3 - 2 * v)];
    const upper = at(i, j) * (1 - s) + at(i + 1, j) * s;
    const lower = at(i, j + 1) * (1 - s) + at(i + 1, j + 1) * s;
    return upper * (1 - t) + lower * t;
  };
}

function textured(seed: number, size: number, from: Colour, to: Colour): ColourScene {
  const [coarse, fine] = [blobs(seed, size), blobs(seed + 1, size / 4)];
  return (x, y) => mix(from, to, 0.7 * coarse(x, y) + 0.3 * fine(x, y));
}

export const SCENES: Readonly<Record<string, ColourScene>> = {
  sky: smooth([70, 120, 200], [190, 210, 235], [240, 60, 40, [250, 245, 225]]),
  wall: smooth([150, 120, 95], [120, 95, 75], [80, 90, 70, [170, 140, 112]]),
  corridor: split(160, [88, 92, 96], [148, 152, 156], 40),
  water: smooth([40, 95, 100], [70, 130, 125], [160, 150, 90, [120, 170, 160]]),
  lawn: smooth([120, 160, 200], [60, 110, 45], [100, 140, 80, [80, 130, 60]]),
  sunset: smooth([110, 70, 110], [210, 120, 60], [200, 150, 60, [250, 210, 120]]),
  lampLeft: smooth([6, 6, 10], [14, 14, 16], [60, 60, 50, [62, 54, 34]]),
  lampRight: smooth([5, 7, 9], [10, 12, 14], [270, 110, 60, [34, 40, 58]]),
  twoLamps: smooth([10, 8, 8], [20, 16, 14], [90, 140, 40, [58, 40, 24]], [230, 40, 40, [58, 40, 24]]),
  moon: smooth([16, 18, 26], [8, 8, 10], [160, 20, 120, [38, 42, 52]]),
  doorLight: split(220, [8, 8, 8], [46, 40, 28], 10),
  leaves: textured(1, 24, [30, 60, 20], [130, 160, 80]),
  gravel: textured(7, 10, [90, 85, 80], [180, 172, 160]),
  crowd: textured(13, 34, [40, 30, 60], [210, 160, 120]),
};

export interface Shot {
  /** Units that the scene drifts from frame to frame. */
  readonly dx?: number;
  readonly dy?: number;
  /** Of the noise, from lowest to highest. */
  readonly grain?: number;
  /** Brightness of frame n. */
  readonly gain?: (n: number) => number;
  readonly seed?: number;
}

/** Frames of one shot, RGB24 of `size`. */
export function* shot(scene: ColourScene, frames: number, size: Size, options: Shot = {}): Generator<Uint8Array> {
  const { dx = 0.4, dy = 0.1, grain = 2, gain = () => 1, seed = 5 } = options;
  const noise = random(seed);
  for (let n = 0; n < frames; n += 1) {
    const pixels = new Uint8ClampedArray(size.width * size.height * 3);
    for (let y = 0, p = 0; y < size.height; y += 1) {
      for (let x = 0; x < size.width; x += 1, p += 3) {
        const colour = scene((x * WIDTH) / size.width + n * dx, (y * HEIGHT) / size.height + n * dy);
        const light = gain(n);
        const error = (noise() - 0.5) * grain;
        for (let c = 0; c < 3; c += 1) pixels[p + c] = (colour[c] as number) * light + error;
      }
    }
    yield new Uint8Array(pixels.buffer);
  }
}

/** Scenes in an order of chance, none twice in a row. */
export function order(count: number, seed = 42): string[] {
  const names = Object.keys(SCENES);
  const chance = random(seed);
  const scenes: string[] = [];
  while (scenes.length < count) {
    const next = names[Math.floor(chance() * names.length)] as string;
    if (next !== scenes.at(-1)) scenes.push(next);
  }
  return scenes;
}
