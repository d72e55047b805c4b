import { describe, expect, it } from 'vitest';
import { legendLayout } from '../../../../src/record/video/legend.js';

const classes = ['person', 'vehicle', 'bicycle', 'motorcycle', 'animal', 'road', 'building'].map((name) => ({ name }));

describe('a legend', () => {
  it.each([
    [1920, 1080],
    [320, 240],
    [192, 144],
    [96, 64],
    [640, 32],
    [48, 48],
  ])('covers less than a fifth of a picture of %d×%d, and lists what fits', (width, height) => {
    const layout = legendLayout({ width, height }, classes);
    expect(layout.width * layout.height).toBeLessThan(0.2 * width * height);
    expect(layout.entries.length).toBeGreaterThan(0);
    if (width * height > 20_000) expect(layout.entries).toHaveLength(classes.length);
  });
});
