import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../../src/core/time.js';
import { type PacedFrame, Pacer, Timetable } from '../../../src/ingest/pacer.js';
import { ManualClock, settle } from '../../support/fakes/manual-clock.js';

const at = (pts: number, first = false, duration = 0): PacedFrame => ({
  pts: seconds(pts),
  duration: seconds(duration),
  first,
});

/** When the frames are due that arrive all at once at time 0. */
function due(...frames: PacedFrame[]): number[] {
  const timetable = new Timetable();
  return frames.map((frame) => Math.round(timetable.next(frame, ms(0))));
}

describe('the timetable', () => {
  it('follows the pts, also where they are uneven', () => {
    expect(due(at(7, true), at(7.04), at(7.5), at(7.51))).toEqual([0, 40, 500, 510]);
  });

  it('goes on after the last frame of a pass with that frame’s duration', () => {
    expect(due(at(0, true, 0.1), at(1, false, 0.1), at(1.5, false, 0.1), at(0, true, 0.1), at(1, false, 0.1))).toEqual([
      0, 1000, 1500, 1600, 2600,
    ]);
  });

  it('shows a file of one frame once a second', () => {
    expect(due(at(0, true, 0.04), at(0, true, 0.04), at(0, true, 0.04))).toEqual([0, 1000, 2000]);
  });

  it('does not sit through a jump in broken times, forward or back', () => {
    expect(due(at(0, true), at(0.04), at(5000), at(5000.04), at(1), at(1.04))).toEqual([0, 40, 80, 120, 160, 200]);
  });

  it('goes on from now after a pause, instead of hurrying', () => {
    const timetable = new Timetable();
    timetable.next(at(0, true), ms(0));
    expect(timetable.next(at(0.04), ms(5000))).toBe(5000);
    expect(timetable.next(at(0.08), ms(5001))).toBe(5040);
  });

  it('catches up with a small delay', () => {
    const timetable = new Timetable();
    timetable.next(at(0, true), ms(0));
    expect(timetable.next(at(0.04), ms(100))).toBe(40);
    expect(timetable.next(at(0.2), ms(100))).toBe(200);
  });
});

describe('playback', () => {
  function setUp(lookahead = 3) {
    const clock = new ManualClock();
    const shown: [number, number][] = [];
    const discarded: number[] = [];
    const pacer = new Pacer<PacedFrame>(
      clock,
      lookahead,
      (frame) => shown.push([clock.now(), frame.pts]),
      (frame) => discarded.push(frame.pts),
    );
    return { clock, shown, discarded, pacer };
  }

  it('shows each frame at its time', async () => {
    const { clock, shown, pacer } = setUp();
    void pacer.push(at(0, true));
    void pacer.push(at(0.1));
    await settle();
    expect(shown).toEqual([[0, 0]]);
    await clock.advance(99);
    expect(shown).toHaveLength(1);
    await clock.advance(1);
    expect(shown[1]).toEqual([100, 0.1]);
    await pacer.close();
  });

  it('makes the producer wait when enough is decoded', async () => {
    const { clock, pacer } = setUp(2);
    let accepted = 0;
    const producing = (async () => {
      for (let i = 0; i < 6; i++) {
        await pacer.push(at(i, i === 0));
        accepted += 1;
      }
    })();
    await settle();
    expect(accepted).toBeLessThan(6);
    expect(pacer.idle).toBe(false);
    await clock.advance(6000);
    await producing;
    expect(pacer.idle).toBe(true);
    await pacer.close();
  });

  it('ends at once, gives back what was not shown, and leaves no timer', async () => {
    const { clock, discarded, pacer } = setUp();
    void pacer.push(at(0, true));
    void pacer.push(at(10));
    void pacer.push(at(20));
    await settle();
    await pacer.close();
    await pacer.close();
    expect(discarded.sort()).toEqual([10, 20]);
    expect(clock.pending).toBe(0);
  });
});
