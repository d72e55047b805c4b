import { describe, expect, it } from 'vitest';
import { classShares, ShareHistory } from '../../../src/viewer/lib/shares.js';

describe('class shares', () => {
  it('are parts of the whole picture', () => {
    expect([...classShares(Uint8Array.of(0, 1, 1, 3), 4)]).toEqual([0.25, 0.5, 0, 0.25]);
  });

  it('leave out labels that are no class, without giving their part to others', () => {
    expect([...classShares(Uint8Array.of(0, 255, 255, 1), 2)]).toEqual([0.25, 0.25]);
  });

  it('of an empty mask are zero', () => {
    expect([...classShares(new Uint8Array(0), 2)]).toEqual([0, 0]);
  });
});

describe('the history of shares', () => {
  const history = () => new ShareHistory({ windowMs: 1000, capacity: 3 });
  const shares = (...values: number[]) => Float64Array.from(values);

  it('holds the mean of each window once the next begins', () => {
    const kept = history();
    expect(kept.add(10_000, shares(0.2, 0.8))).toBe(false);
    expect(kept.add(10_500, shares(0.4, 0.6))).toBe(false);
    expect(kept.add(11_000, shares(1, 0))).toBe(true);
    const { times, shares: columns } = kept.columns(5);
    expect(times).toEqual([10]);
    expect(columns[0]?.[0]).toBeCloseTo(0.3);
    expect(columns[1]?.[0]).toBeCloseTo(0.7);
  });

  it('forgets the oldest window beyond its capacity', () => {
    const kept = history();
    for (let second = 0; second < 6; second++) kept.add(second * 1000, shares(second));
    expect(kept.columns(5).times).toEqual([2, 3, 4]);
  });

  it('breaks the line where nothing came for longer than the gap', () => {
    const kept = history();
    for (const second of [0, 1, 10, 11]) kept.add(second * 1000, shares(0.5));
    const { times, shares: columns } = kept.columns(3);
    expect(times).toEqual([0, 1, 4, 10]);
    expect(columns[0]).toEqual([0.5, 0.5, null, 0.5]);
  });

  it('starts anew when the model has other classes', () => {
    const kept = history();
    kept.add(0, shares(1));
    kept.add(1000, shares(1));
    kept.add(2000, shares(0.5, 0.5));
    expect(kept.columns(3)).toEqual({ times: [], shares: [[], []] });
  });
});
