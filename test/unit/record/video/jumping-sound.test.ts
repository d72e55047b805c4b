import { describe, expect, it } from 'vitest';
import { ClockNotebook, shiftsOf } from '../../../../src/record/video/jumping-sound.js';

const timeBase = { num: 1, den: 1000 };

/** Notes of segments of frames, each `[own, rising]` in milliseconds. */
const shifts = (...segments: (readonly (readonly [number, number])[])[]) => {
  const notes = segments.map((frames) => {
    const notebook = new ClockNotebook(timeBase);
    for (const [ownTicks, ticks] of frames) notebook.add({ ownTicks, pts: { ticks, timeBase } });
    return notebook;
  });
  return shiftsOf(notes, timeBase);
};

describe('sound of a clock that jumps back', () => {
  it('goes on by as much as the pictures do', () => {
    const twice = [
      [1000, 1000],
      [1040, 1040],
      [0, 1080],
      [40, 1120],
    ] as const;
    expect(shifts(twice)).toEqual([0, 1.08]);
    expect(shifts(twice.slice(0, 1), twice.slice(1))).toEqual([0, 1.08]);
    expect(shifts(twice.slice(0, 2), twice.slice(2, 3), twice.slice(3))).toEqual([0, 1.08]);
  });

  it('does, too, where a part is the same as the one before', () => {
    const once = [
      [0, 0],
      [40, 40],
    ] as const;
    const again = once.map(([own, rising]) => [own, rising + 80] as const);
    expect(shifts([...once, ...again])).toEqual([0, 0.08]);
    expect(shifts(once, again)).toEqual([0, 0.08]);
  });

  it('does not mind frames of one time, which come a tick apart', () => {
    expect(
      shifts([
        [0, 0],
        [0, 1],
        [40, 40],
      ]),
    ).toEqual([0]);
  });

  it('is not known where the clocks part and nothing jumps back: a stray frame went before', () => {
    expect(
      shifts([
        [0, 0],
        [40, 40],
        [10, 80],
        [120, 120],
      ]),
    ).toBeUndefined();
  });
});
