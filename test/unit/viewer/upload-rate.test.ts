import { expect, it } from 'vitest';
import { UploadRate } from '../../../src/viewer/lib/upload-rate.js';

it('tells how fast the last seconds were, not the whole upload', () => {
  const rate = new UploadRate(1000);
  rate.add(0, 0);
  expect(rate.perSecond).toBeUndefined();
  rate.add(500, 5000);
  expect(rate.perSecond).toBe(10_000);
  for (let at = 1000; at <= 5000; at += 500) rate.add(at, 5000 + (at - 500));
  expect(rate.perSecond).toBe(1000);
});

it('knows no rate while time stands still', () => {
  const rate = new UploadRate();
  rate.add(7, 0);
  rate.add(7, 100);
  expect(rate.perSecond).toBeUndefined();
});
