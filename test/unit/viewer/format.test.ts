import { expect, it } from 'vitest';
import {
  axisShares,
  formatCount,
  formatElapsed,
  formatInstant,
  formatRate,
  formatShare,
  formatSpan,
  secondsUntil,
  shortSource,
  snapshotName,
} from '../../../src/viewer/lib/format.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

it('writes rates with one decimal below a hundred', () => {
  expect([formatRate(24.96), formatRate(0), formatRate(99.96), formatRate(120.4)]).toEqual([
    '25.0',
    '0.0',
    '100',
    '120',
  ]);
  expect([formatRate(undefined), formatRate(Number.NaN)]).toEqual(['–', '–']);
});

it('writes shares so that little is not nothing', () => {
  expect([0, 0.0001, 0.0234, 0.99951, 1].map(formatShare)).toEqual(['0.0%', '<0.1%', '2.3%', '100%', '100%']);
  expect(formatShare(undefined)).toBe('–');
});

it('writes spans in the unit that fits', () => {
  expect([8.31, 9.96, 142.4, 999.6, 2400, -12].map(formatSpan).map(plain)).toEqual([
    '8.3 ms',
    '10 ms',
    '142 ms',
    '1.0 s',
    '2.4 s',
    '−12 ms',
  ]);
});

it('writes how long ago in two units at most', () => {
  const second = 1000;
  const spans = [0, 59 * second, 200 * second, 7500 * second, (3 * 86_400 + 4 * 3600) * second, -50];
  expect(spans.map(formatElapsed).map(plain)).toEqual(['0 s', '59 s', '3 min 20 s', '2 h 05 min', '3 d 4 h', '0 s']);
});

it('writes the time of today alone and other days with their date', () => {
  const noon = new Date(2026, 4, 4, 12, 3, 7).getTime();
  expect(formatInstant(noon, noon + 1000)).toBe('12:03:07');
  expect(formatInstant(noon, noon + 86_400_000)).toBe('2026-05-04 12:03:07');
});

it('counts down to zero and not below', () => {
  expect([secondsUntil(5200, 1000), secondsUntil(1000, 1000), secondsUntil(0, 1000)]).toEqual([5, 0, 0]);
});

it('groups the digits of large counts', () => {
  expect(formatCount(1_234_567)).toBe('1\u202f234\u202f567');
});

it('names snapshots by stream, time and frame, for every file system', () => {
  const at = new Date(2026, 4, 4, 9, 3, 7).getTime();
  expect(snapshotName('front-door', at, 1042)).toBe('front-door_2026-05-04_09-03-07_f1042.png');
});

it('labels no two ticks of an axis alike', () => {
  expect(axisShares([0, 0.01, 0.02])).toEqual(['0%', '1%', '2%']);
  expect(axisShares([0, 0.005, 0.01, 0.015, 0.02])).toEqual(['0%', '0.5%', '1.0%', '1.5%', '2.0%']);
  expect(axisShares([0.001, null, 0.1, 1])).toEqual(['0.1%', '', '10%', '100%']);
});

it('calls a file by its name where space is short, and an address as it is', () => {
  expect(shortSource('/srv/videos/yard.mp4')).toBe('yard.mp4');
  expect(shortSource('/dev/video0')).toBe('/dev/video0');
  expect(shortSource('rtsp://192.0.2.1/a')).toBe('rtsp://192.0.2.1/a');
});
