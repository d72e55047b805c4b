import { expect, it } from 'vitest';
import { seconds } from '../../../src/core/time.js';
import { Engine } from '../../../src/temporal/engine.js';

it.each([
  { width: 4, height: 4 },
  { width: 32, height: 32 },
  { width: 512, height: 4 },
  { width: 8, height: 256 },
])('a picture of $width×$height goes through the engine like any other', (size) => {
  const engine = new Engine({ policy: { kind: 'interval', frames: 2 }, smoothing: true });
  const grid = { width: size.width / 4, height: size.height / 4 };
  for (let number = 0; number < 4; number++) {
    const pixels = new Uint8Array(size.width * size.height * 3).fill(number * 10);
    const frame = {
      number,
      time: seconds(number / 25),
      discontinuity: number === 0,
      geometry: { analysis: size, content: size },
      pixels,
    };
    const { infer } = engine.observe(frame, 1);
    const data = new Float32Array(grid.width * grid.height * 2).fill(0.5);
    const mask = engine.apply(number, infer ? { classes: 2, size: grid, data } : undefined);
    expect(mask.labels).toHaveLength(mask.size.width * mask.size.height);
  }
});
