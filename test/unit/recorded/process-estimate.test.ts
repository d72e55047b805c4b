import { describe, expect, it } from 'vitest';
import { expectedFrames } from '../../../src/recorded/process-estimate.js';

const file = { packets: 250, duration: 10 };

describe('the expected number of frames', () => {
  it.each([
    ['of a whole file is its packets', undefined, undefined, 250],
    ['of every 4th frame rounds up', undefined, { kind: 'every', frames: 4 }, 63],
    ['of a part is its share of the length', { from: 2, to: 4 }, undefined, 50],
    ['of a part that ends behind the file ends with it', { from: 8, to: 99 }, undefined, 50],
    ['of a rate is that many a second', undefined, { kind: 'rate', fps: 2 }, 20],
    ['of a rate is never more than there are', { to: 1 }, { kind: 'rate', fps: 60 }, 25],
    ['of every 5th frame of a part', { from: 5 }, { kind: 'every', frames: 5 }, 25],
  ] as const)('%s', (_, range, sampling, frames) => {
    expect(expectedFrames(file, range, sampling)).toBe(frames);
  });

  it('is unknown for a part of a file that does not say its length', () => {
    expect(expectedFrames({ packets: 250, duration: undefined }, { to: 3 }, undefined)).toBeUndefined();
  });
});
