import { expect, it } from 'vitest';
import { SharedPool } from '../../../src/flow/shared-pool.js';

it('lends no more than its limit and reuses what came back', () => {
  const pool = new SharedPool(16, 2);
  const first = pool.tryAcquire();
  const second = pool.tryAcquire();
  expect(pool.tryAcquire()).toBeUndefined();
  first?.release();
  const third = pool.tryAcquire();
  expect(third?.buffer).toBe(first?.buffer);
  expect(third?.buffer).not.toBe(second?.buffer);
  expect(pool.leased).toBe(2);
});

it('takes a buffer back only after its last reader', () => {
  const pool = new SharedPool(16, 1);
  const lease = pool.tryAcquire();
  lease?.retain();
  lease?.release();
  expect(pool.tryAcquire()).toBeUndefined();
  lease?.release();
  expect(pool.tryAcquire()).toBeDefined();
});

it('refuses a release too many, which would lend one buffer twice', () => {
  const lease = new SharedPool(16, 1).tryAcquire();
  lease?.release();
  expect(() => lease?.release()).toThrow(/once too often/);
  expect(() => lease?.retain()).toThrow(/released shared buffer/);
});
