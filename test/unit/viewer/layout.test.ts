import { describe, expect, it } from 'vitest';
import { contain, maskIndex, panes, picturePoint, stageContent } from '../../../src/viewer/lib/layout.js';

const HD = { width: 1280, height: 720 };

describe('layout', () => {
  it('fits a picture into its box without distorting or cutting it', () => {
    expect(contain(HD, { width: 1000, height: 1000 })).toEqual({ x: 0, y: 218.75, width: 1000, height: 562.5 });
    expect(contain({ width: 600, height: 800 }, { width: 1000, height: 400 })).toEqual({
      x: 350,
      y: 0,
      width: 300,
      height: 400,
    });
  });

  it('puts two pictures beside each other in a wide box and below each other in a tall one', () => {
    expect(stageContent(HD, 'side', { width: 1600, height: 450 })).toEqual({
      size: { width: 2560, height: 720 },
      stacked: false,
    });
    expect(stageContent(HD, 'side', { width: 390, height: 600 })).toEqual({
      size: { width: 1280, height: 1440 },
      stacked: true,
    });
    expect(stageContent(HD, 'wipe', { width: 390, height: 600 })).toEqual({ size: HD, stacked: false });
  });

  it('shares a canvas between raw picture and overlay without a gap or an overlap', () => {
    const { raw, overlay } = panes({ width: 801, height: 300 }, 'side', false);
    expect(raw).toEqual({ x: 0, y: 0, width: 400, height: 300 });
    expect(overlay).toEqual({ x: 400, y: 0, width: 401, height: 300 });
  });

  it('reads both halves of a comparison as the same picture', () => {
    expect(picturePoint({ x: 0.25, y: 0.5 }, 'side', false)).toEqual({ x: 0.5, y: 0.5 });
    expect(picturePoint({ x: 0.75, y: 0.5 }, 'side', false)).toEqual({ x: 0.5, y: 0.5 });
    expect(picturePoint({ x: 0.3, y: 0.75 }, 'side', true)).toEqual({ x: 0.3, y: 0.5 });
    expect(picturePoint({ x: 0.3, y: 0.75 }, 'wipe', false)).toEqual({ x: 0.3, y: 0.75 });
    expect(picturePoint({ x: 1, y: 0.5 }, 'overlay', false)).toBeUndefined();
  });

  it('finds the mask pixel under a position', () => {
    const mask = { width: 4, height: 2 };
    expect(maskIndex({ x: 0, y: 0 }, mask)).toBe(0);
    expect(maskIndex({ x: 0.99, y: 0.99 }, mask)).toBe(7);
    expect(maskIndex({ x: 0.5, y: 0.5 }, mask)).toBe(6);
  });
});
