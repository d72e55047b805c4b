import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { freeBytes } from '../../../../src/flow/durable.js';
import { requireSpace, spaceNeeded } from '../../../../src/record/run/disk-forecast.js';

const segment = (frames: number, bytes: Record<string, number>) => ({ frames, bytes });

describe('the space that is needed', () => {
  it('is that of the segments to come, and of the finished files beside all segments', () => {
    // 10 bytes a frame: 300 for the frames left, then 400 for the joined file of all 40.
    expect(spaceNeeded([segment(10, { overlay: 100 })], new Set(), 30)).toBe(700);
  });

  it('has no second copy of what is only given another name', () => {
    expect(spaceNeeded([segment(10, { masks: 100 })], new Set(['masks']), 30)).toBe(300);
  });

  it('at the end is that of the finished files', () => {
    const segments = [segment(10, { overlay: 100, masks: 50 }), segment(5, { overlay: 70, masks: 20 })];
    expect(spaceNeeded(segments, new Set(['masks']), 0)).toBe(170);
  });

  it('is not known before the first segment', () => expect(spaceNeeded([], new Set(), 100)).toBe(0));
});

describe('a disk that is too small', () => {
  it('is told with the bytes that are needed and free', async () => {
    const free = await freeBytes(tmpdir());
    const failure = await requireSpace(tmpdir(), free * 3, 1200).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DISK_FULL', retryable: true, details: { needed: free * 3 } });
    expect(String(failure)).toMatch(/ [kMGT]B free and about .* [kMGT]B are needed for the 1200 frames left/);
    await expect(requireSpace(tmpdir(), 1, 0)).resolves.toBeUndefined();
  });
});
