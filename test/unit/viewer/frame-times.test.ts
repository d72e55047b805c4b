import { describe, expect, it } from 'vitest';
import { FrameTimes } from '../../../src/viewer/lib/frame-times.js';

const count = (length: number) => Array.from({ length }, (_, i) => i);
const timesOf = (seconds: readonly number[], numbers = count(seconds.length), start = 0, first = seconds[0] ?? 0) =>
  new FrameTimes({ seconds: [...seconds], numbers, start, first });
const steady = timesOf(count(100).map((i) => i / 25));

describe('the way from a time to its mask', () => {
  it('finds every frame by its own time, rounded to microseconds or cut to milliseconds', () => {
    for (const fps of [23.976, 25, 29.97, 59.94, 120]) {
      const times = timesOf(count(5000).map((i) => i / fps));
      const lost = count(5000).filter((index) => {
        const time = times.seconds[index] as number;
        const places = [times.at(Math.round(time * 1e6) / 1e6), times.at(Math.floor(time * 1e3) / 1e3)];
        return places.some((place) => place.kind !== 'frame' || place.index !== index);
      });
      expect(lost, `at ${fps} fps`).toEqual([]);
    }
  });

  it('holds for a variable rate, where gaps differ a hundredfold', () => {
    const seconds = [0, 0.01, 0.02, 1.02, 1.03, 3];
    const times = timesOf(seconds);
    for (const [index, time] of seconds.entries()) expect(times.at(time + 1e-6)).toEqual({ kind: 'frame', index });
  });

  it('takes no mask for pictures between sampled frames', () => {
    const times = timesOf([0, 0.4, 0.8], [0, 10, 20]);
    expect(times.complete).toBe(false);
    expect(times.at(0.4)).toEqual({ kind: 'frame', index: 1 });
    expect(times.at(0.415)).toEqual({ kind: 'frame', index: 1 });
    expect(times.at(0.44)).toEqual({ kind: 'between', previous: 1 });
    expect(times.at(0.36)).toEqual({ kind: 'between', previous: 0 });
    expect(times.at(0.76)).toEqual({ kind: 'between', previous: 1 });
  });

  it('knows what lies outside the processed part', () => {
    const times = timesOf([2, 2.04, 2.08], [50, 51, 52]);
    expect(times.at(1.9).kind).toBe('outside');
    expect(times.at(2.2).kind).toBe('outside');
    expect(times.at(2.09)).toEqual({ kind: 'frame', index: 2 });
    expect([1.95, 1.9, 2.13, 2.2, 2.04].map((time) => times.atEdge(time))).toEqual([true, false, true, false, false]);
    const nothing = timesOf([]);
    expect([nothing.at(0).kind, nothing.atEdge(0)]).toEqual(['outside', false]);
  });

  it('seeks into a frame, not to its edge, and steps inside the recording', () => {
    for (const index of count(100)) {
      const target = steady.seekTarget(index);
      expect(target).toBeGreaterThan(steady.seconds[index] as number);
      expect(target).toBeLessThan((steady.seconds[index + 1] ?? Number.POSITIVE_INFINITY) as number);
    }
    expect([steady.step(0, -1), steady.step(5, 1), steady.step(99, 1)]).toEqual([0, 6, 99]);
    expect(steady.nearest(2.015)).toBe(50);
    expect(steady.nearest(99)).toBe(99);
  });

  it('ends when the last frame has been shown', () => {
    expect(steady.end).toBeCloseTo(4);
    expect(timesOf([]).end).toBe(0);
  });
});

describe("the browser's clock", () => {
  const frames = (first: number) => count(40).map((i) => first + i / 10);
  it.each([0.04, 0.066, 0.3, 1.4, 3600])("is the file's where that begins at %d s, or begins at 0", (start) => {
    const times = timesOf(frames(0), count(40), start);
    expect(times.clockOffset(start)).toBeCloseTo(start);
    expect(times.clockOffset(0)).toBeCloseTo(0);
  });

  it('is told from the picture where sound begins before it', () => {
    // The file begins with sound at 0.2 s, its picture at 0.5 s.
    const times = timesOf(frames(0.3), count(40), 0.2);
    expect(times.clockOffset(0.5)).toBeCloseTo(0.2);
    expect(times.clockOffset(0.3)).toBeCloseTo(0);
    // A browser that counts from the sound's first sample that counts, 24 ms later.
    expect(times.clockOffset(0.276)).toBeCloseTo(-0.024);
  });

  it('is not taken for another where the job begins later than the recording', () => {
    const late = (start: number) => timesOf(frames(1), count(40), start, 0);
    expect(late(0).clockOffset(0)).toBe(0);
    expect(late(0.3).clockOffset(0.3)).toBeCloseTo(0.3);
  });

  it('is right though the first frames could not be decoded by the browser', () => {
    expect(timesOf(frames(0), count(40), 1.4).clockOffset(1.4 + 0.5)).toBe(1.4);
    expect(timesOf(frames(0)).clockOffset(0.2)).toBe(0);
  });
});
