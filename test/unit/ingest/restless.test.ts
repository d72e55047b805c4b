import { expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { Restless } from '../../../src/ingest/restless.js';

it('a source that changes its picture again and again is not followed until it keeps still', () => {
  const restless = new Restless();
  const noted = [0, 1000, 2000, 3000, 5000, 15_100, 15_200].map((at) => restless.note(ms(at)));
  expect(noted).toEqual([false, false, false, true, true, false, false]);
});
