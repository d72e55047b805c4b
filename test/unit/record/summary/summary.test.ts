import { describe, expect, it } from 'vitest';
import { ChangeMeter, type ShareRow, strongest, Thinned } from '../../../../src/record/summary/changes.js';
import { percent, summaryHtml } from '../../../../src/record/summary/html.js';
import { clockTime, stackTop, timeAxis } from '../../../../src/record/summary/plot.js';

const row = (frame: number, seconds: number, ...shares: number[]): ShareRow => ({
  ...{ frame, seconds, shares },
  inferred: true,
  confidence: 0.9,
});

describe('changes', () => {
  it('are measured against the frame a second before', () => {
    const meter = new ChangeMeter();
    const changes = [0, 0.1, 0.1, 0.1, 0.4].map((share, index) => meter.add(row(index, index * 0.5, share)));
    expect(changes.map(({ amount }) => Number(amount.toFixed(3)))).toEqual([0, 0.1, 0.1, 0, 0.3]);
  });

  it('are measured against the last frame where frames are rarer than that', () => {
    const meter = new ChangeMeter();
    meter.add(row(0, 0, 0.2));
    meter.add(row(1, 10, 0.2));
    expect(meter.add(row(2, 20, 0.7)).amount).toBeCloseTo(0.5);
  });

  it('count what goes from one shown class to another once, and what is not shown as one more class', () => {
    const meter = new ChangeMeter();
    meter.add(row(0, 0, 0.5, 0));
    const { amount, growth } = meter.add(row(1, 0.1, 0.2, 0.1));
    expect(amount).toBeCloseTo(0.3);
    expect(growth.map((value) => Number(value.toFixed(3)))).toEqual([-0.3, 0.1]);
  });

  it('are shown strongest first, apart in time, and only where there is something to see', () => {
    const change = (seconds: number, amount: number) => ({ frame: seconds * 10, seconds, amount, growth: [] });
    const all = [change(0, 0.001), change(1, 0.2), change(2, 0.3), change(2.5, 0.29), change(8, 0.1), change(20, 0.05)];
    expect(strongest(all, 8).map(({ seconds }) => seconds)).toEqual([2, 8, 20]);
    expect(strongest(all, 2).map(({ seconds }) => seconds)).toEqual([2, 8]);
  });
});

describe('thinning', () => {
  it('keeps every row of a short recording', () => {
    const thinned = new Thinned(3, 800);
    for (let index = 0; index < 3; index++) thinned.add(row(index, index, 0.1 * index));
    thinned.finish();
    expect(thinned.rows.map(({ frame }) => frame)).toEqual([0, 1, 2]);
  });

  it('averages neighbours of a long one, the last ones too', () => {
    const thinned = new Thinned(7, 3);
    for (let index = 0; index < 7; index++) thinned.add(row(index, index, index));
    thinned.finish();
    thinned.finish();
    expect(thinned.rows.map(({ frame, shares }) => [frame, shares[0]])).toEqual([
      [0, 1],
      [3, 4],
      [6, 6],
    ]);
  });
});

describe('axes', () => {
  it('have round times, at most nine of them', () => {
    expect(timeAxis(0, 40).ticks.map(({ text }) => text)).toEqual(['0:00', '0:05', '0:10', '0:15', '0:20', '0:25', '0:30', '0:35', '0:40']); // biome-ignore format: one line
    expect(timeAxis(0, 0.9).ticks.map(({ text }) => text).slice(0, 3)).toEqual(['0:00.0', '0:00.2', '0:00.4']); // biome-ignore format: one line
    expect(timeAxis(100, 36_000).ticks.map(({ text }) => text)).toEqual(['2:00:00', '4:00:00', '6:00:00', '8:00:00', '10:00:00']); // biome-ignore format: one line
    for (const last of [1e-9, 0.04, 7, 100, 5000, 90_000, 1e6]) {
      expect(timeAxis(0, last).ticks.length).toBeLessThanOrEqual(9);
      expect(timeAxis(0, last).ticks.length).toBeGreaterThan(0);
    }
  });

  it('reach the next round share above the highest stack', () => {
    expect(stackTop([row(0, 0, 0.02, 0.011), row(1, 1, 0.01, 0.01)])).toBe(0.05);
    expect(stackTop([row(0, 0, 0.9, 0.1)])).toBe(1);
    expect(stackTop([row(0, 0, 0)])).toBe(0.001);
  });

  it('carry a minute that rounding fills', () => {
    expect(clockTime(59.96, 1)).toBe('1:00.0');
    expect(clockTime(3599.6, 0)).toBe('1:00:00');
    expect(clockTime(-1.2, 1)).toBe('−0:01.2');
  });

  it('say shares in three digits', () => {
    expect([0, 0.00001, 0.00123, 0.0456, 0.789, 1].map(percent)).toEqual(['0 %', 'under 0.01 %', '0.12 %', '4.6 %', '79 %', '100 %']); // biome-ignore format: one line
  });
});

describe('the page', () => {
  const page = () =>
    summaryHtml({
      title: 'a <b> & "c".mp4',
      classes: [
        { id: 1, name: 'car <x>', color: [255, 0, 0] },
        { id: 2, name: 'tram', color: [0, 0, 255] },
      ],
      figures: [
        { mean: 0.1, most: 0.2, presence: 1 },
        { mean: 0, most: 0, presence: 0 },
      ],
      rows: [row(0, 0, 0.1, 0), row(1, 1, 0.2, 0)],
      changes: [{ ...{ frame: 1, seconds: 1, amount: 0.1, growth: [0.1, 0] }, picture: '', mask: 'AAAA', aspect: 1.5 }],
      facts: { Network: 'a<b' },
    });

  it('has no script and asks for nothing outside the file', () => {
    expect(page()).not.toMatch(/<script|<link|<iframe|https?:|@import|url\(|\bon[a-z]+=/i);
    for (const [, value = ''] of page().matchAll(/(?:src|href)="([^"]*)"/g)) expect(value).toMatch(/^(data:image\/|#)/);
  });

  it('shows names as they are, whatever characters they have', () => {
    expect(page()).not.toMatch(/a <b>|car <x>|a<b/);
    expect(page()).toContain('car &#60;x&#62;');
  });

  it('leaves classes that never occur to one line, and a picture that could not be read to its mask', () => {
    expect(page()).toContain('Never seen: tram.');
    expect(page()).not.toContain('data:image/jpeg');
    expect(page()).toContain('data:image/png;base64,AAAA');
  });

  it('is a whole page of a recording of one frame without classes', () => {
    const html = summaryHtml({
      ...{ title: 'x', classes: [], figures: [], changes: [], facts: {} },
      rows: [row(0, 0)],
    });
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });
});
