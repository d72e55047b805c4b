import { expect, it } from 'vitest';
import { contrast, legible, luminance, type Rgb } from '../../../src/viewer/lib/color.js';

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

it('measures contrast as WCAG does', () => {
  expect(contrast(BLACK, WHITE)).toBeCloseTo(21);
  expect(contrast([119, 119, 119], WHITE)).toBeCloseTo(4.48, 2);
  expect(luminance([255, 0, 0])).toBeCloseTo(0.2126);
});

it('leaves a legible colour as it is', () => {
  expect(legible([220, 20, 60], [22, 25, 24], 2.2)).toEqual([220, 20, 60]);
});

it.each([
  [
    [0, 0, 0],
    [22, 25, 24],
  ],
  [
    [255, 255, 0],
    [250, 250, 247],
  ],
  [
    [128, 128, 128],
    [128, 128, 128],
  ],
] as [Rgb, Rgb][])('makes %s stand out from %s', (color, background) => {
  expect(contrast(legible(color, background, 3), background)).toBeGreaterThanOrEqual(3);
});
