import { describe, expect, it } from 'vitest';
import { percentile, RollingWindow } from '../../../src/viewer/lib/rolling.js';

describe('percentile', () => {
  it('takes the nearest rank, so that it is always a value that was measured', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(percentile(values, 50)).toBe(50);
    expect(percentile(values, 95)).toBe(95);
    expect(percentile(values, 100)).toBe(100);
    expect(percentile([7], 95)).toBe(7);
  });

  it('of nothing is unknown', () => {
    expect(percentile([], 50)).toBeUndefined();
  });
});

describe('a rolling window', () => {
  it('measures only what is younger than its span', () => {
    const window = new RollingWindow(1000);
    window.add(0, 900);
    window.add(1500, 10);
    window.add(2000, 30);
    expect(window.percentiles(2000, 50, 95)).toEqual([10, 30]);
    expect(window.mean(2000)).toBe(20);
    expect(window.percentiles(9000, 50)).toEqual([undefined]);
  });

  it('tells the rate from the first to the last event', () => {
    const window = new RollingWindow(5000);
    for (let at = 0; at <= 2000; at += 40) window.add(at, 0);
    expect(window.rate(2000)).toBeCloseTo(25);
  });

  it('has no rate with a single event', () => {
    const window = new RollingWindow(5000);
    window.add(0, 0);
    expect(window.rate(100)).toBe(0);
  });
});
