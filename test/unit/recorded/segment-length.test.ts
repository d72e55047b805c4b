import { describe, expect, it } from 'vitest';
import { segmentLength } from '../../../src/recorded/segment-length.js';

/** Frames that encoders read of a recording of `total` frames, each segment from where it has to. */
function framesRead(jumps: number, total: number): { read: number; segments: number } {
  let [first, read, segments] = [0, 0, 0];
  while (first < total) {
    const length = Math.min(segmentLength({ jumps }, 500, first), total - first);
    read += (jumps > 0 ? first : 0) + length;
    first += length;
    segments += 1;
  }
  return { read, segments };
}

describe('segments', () => {
  it('have the length that was asked for', () => {
    expect(framesRead(0, 10_000)).toEqual({ read: 10_000, segments: 20 });
  });

  it('of a clock that jumps back grow, so that reading from the beginning each time costs twice as much and not its square', () => {
    const day = 24 * 3600 * 25;
    const { read, segments } = framesRead(3, day);
    expect(read).toBeLessThan(3 * day);
    expect(segments).toBeLessThan(20);
  });

  it('of a run that is resumed are those of a run that was not', () => {
    const starts = (from: number) => {
      const found: number[] = [];
      for (let first = from; first < 20_000; first += segmentLength({ jumps: 1 }, 500, first)) found.push(first);
      return found;
    };
    expect(starts(4000)).toEqual(starts(0).filter((first) => first >= 4000));
  });
});
