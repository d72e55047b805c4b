import { expect, it } from 'vitest';
import { ClockOffset } from '../../../src/viewer/lib/clock-offset.js';

it('trusts the message that travelled fastest', () => {
  const offset = new ClockOffset();
  // The server is 500 ms ahead; messages take 80, 5 and 40 ms.
  for (const delay of [80, 5, 40]) offset.observe(10_500, 10_000 + delay);
  expect(offset.value).toBe(495);
});

it('works for a server that is behind', () => {
  const offset = new ClockOffset();
  offset.observe(9_000, 10_010);
  offset.observe(9_000, 10_200);
  expect(offset.value).toBe(-1010);
});

it('forgets old samples, so that a clock that was set is followed', () => {
  const offset = new ClockOffset(3);
  offset.observe(20_000, 10_000);
  for (let i = 0; i < 3; i++) offset.observe(10_100, 10_000);
  expect(offset.value).toBe(100);
});

it('is 0 and unknown before the first sample and after a reset', () => {
  const offset = new ClockOffset();
  expect([offset.value, offset.known]).toEqual([0, false]);
  offset.observe(5, 0);
  offset.reset();
  expect([offset.value, offset.known]).toEqual([0, false]);
});
