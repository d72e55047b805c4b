import { describe, expect, it } from 'vitest';
import { inferredMarks, pointAt, readPoint, timelineShape, timeMarks } from '../../../src/viewer/lib/timeline-shape.js';

const timeline = {
  seconds: [0, 1, 2],
  frame: [0, 25, 50],
  shares: [
    { class: 'person', values: [0.1, 0.2, 0] },
    { class: 'road', values: [0.3, 0.2, 0.0001] },
    { class: 'other', values: [0.6, 0.6, 0.9999] },
  ],
  inferred: [true, false, true],
};

describe('the class timeline', () => {
  it('stacks the shown classes, each on the one before, and lets the last point last', () => {
    const { bands, top } = timelineShape(timeline, ['person', 'road'], 4);
    expect(top).toBe(0.4);
    expect(bands.map(({ name }) => name)).toEqual(['person', 'road']);
    expect(bands[0]?.path).toBe(
      'M0.00 75.00L250.00 50.00L500.00 100.00L750.00 100.00L750.00 100.00L500.00 100.00L250.00 100.00L0.00 100.00Z',
    );
    expect(bands[1]?.path).toContain('M0.00 0.00L250.00 0.00');
  });

  it('grows to what is shown, so that small classes can be read', () => {
    expect(timelineShape(timeline, ['person'], 3).top).toBe(0.2);
    expect(timelineShape(timeline, ['person', 'road', 'other'], 3).top).toBe(1);
    expect(timelineShape(timeline, ['nobody'], 3)).toEqual({ bands: [], top: 0.01 });
  });

  it('finds the point under a time', () => {
    expect([-0.1, 0, 0.99, 1, 1.5, 77].map((time) => pointAt(timeline, time))).toEqual([undefined, 0, 0, 1, 1, 2]);
    expect(pointAt({ ...timeline, seconds: [] }, 0)).toBeUndefined();
  });

  it('reads the classes at a point, largest first, without those that round to nothing', () => {
    expect(readPoint(timeline, 0).map(({ name }) => name)).toEqual(['other', 'road', 'person']);
    expect(readPoint(timeline, 2)).toEqual([{ name: 'other', share: 0.9999 }]);
  });

  it('marks where the network looked, but not if that is everywhere', () => {
    expect(inferredMarks(timeline, 4)).toBe('M0.00 0v1M500.00 0v1');
    expect(inferredMarks({ ...timeline, inferred: [true, true, true] }, 4)).toBe('');
  });

  it('has round times on its axis', () => {
    expect(timeMarks(60, 6)).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(timeMarks(3.2, 8)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3]);
    expect(timeMarks(36_000, 8)).toEqual([0, 7200, 14_400, 21_600, 28_800, 36_000]);
  });
});
