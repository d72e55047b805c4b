import { expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { Backoff } from '../../../src/flow/backoff.js';

it('doubles up to its cap and starts anew after a reset', () => {
  const backoff = new Backoff({ initial: ms(1000), cap: ms(5000), random: () => 1 });
  expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([1000, 2000, 4000, 5000, 5000]);
  backoff.reset();
  expect(backoff.next()).toBe(1000);
});

it('jitters each delay between half and whole', () => {
  expect(new Backoff({ initial: ms(1000), cap: ms(5000), random: () => 0 }).next()).toBe(500);
});

it('stays at the cap for a year of failures', () => {
  const backoff = new Backoff({ initial: ms(1000), cap: ms(30_000), random: () => 1 });
  for (let attempt = 0; attempt < 100_000; attempt++) expect(backoff.next()).toBeLessThanOrEqual(30_000);
});
