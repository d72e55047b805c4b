import type { SourceClock } from '../core/frame.js';
import type { Rational } from '../core/time.js';

/**
 * Recordings whose clock doesn't rise: joined transport streams jump back, some recorders write two frames of one time.
 *
 * ffmpeg first unfolds such a clock: each jump back begins a new lap, and each lap adds so many ticks that times never fall. That
 * can be undone, stays exact, and tells frames of the same time apart. From unfolded times both this module and a filter of
 * it (where ffmpeg reads the source a second time) make the rising clock, by the same arithmetic:
 *
 * - while the source's clock rises, so does the rising clock, by as much;
 * - where it jumps back, the rising clock goes on by one step, the last distance of two frames;
 * - where it comes back from a single stray frame behind, the rising clock does, too;
 * - a frame of the same time as the one before comes one tick later.
 */

/** Shorter files get the lap of this one. Seconds. */
const SHORT = 100_000;

/** Steps are shorter than this: a longer one is a pause of the recorder. Seconds. */
const LONGEST_STEP = 1;

/** What a lap adds, in ticks: more than any two times of the file can be apart, so that a jump back is told from a pause. */
export function lapOf({ timeBase, duration }: { readonly timeBase: Rational; readonly duration: number | undefined }) {
  // A length that isn't known may be a month's.
  const seconds = Math.max(SHORT, duration ?? 30 * SHORT);
  return 2 ** Math.ceil(Math.log2((4 * seconds * timeBase.den) / timeBase.num));
}

/** A filter that unfolds the source's clock. It has to see every frame, from one where no jump has been yet. */
export const unfolding = (lap: number): string => `setpts='st(0,ld(0)+lt(PTS,PREV_INPTS));PTS+ld(0)*${lap}'`;

const ticksOf = (seconds: number, { num, den }: Rational): number => Math.max(1, Math.round((seconds * den) / num));

export class RisingClock {
  private last: SourceClock | undefined;

  /** @param step what is known of the distance of frames, in ticks: of a run that is resumed */
  constructor(
    private readonly lap: number,
    private readonly timeBase: Rational,
    private readonly step = ticksOf(0.04, timeBase),
  ) {}

  /** @param unfolded of the next frame, in ticks */
  next(unfolded: number): SourceClock {
    const { last } = this;
    this.last = last ? this.after(last, unfolded) : this.first(unfolded);
    return this.last;
  }

  private first(unfolded: number): SourceClock {
    return { ticks: unfolded, own: unfolded, unfolded, shift: 0, home: 0, step: this.step, laps: 0, twins: 0 };
  }

  private after(last: SourceClock, unfolded: number): SourceClock {
    let { shift, home, step, laps } = last;
    const distance = unfolded - last.unfolded;
    if (distance > this.lap / 2) {
      home = shift - this.lap;
      shift = last.ticks + step - unfolded;
      laps += 1;
    } else {
      if (home < shift && unfolded + home > last.ticks) shift = home;
      if (distance > 0 && distance < ticksOf(LONGEST_STEP, this.timeBase)) step = distance;
    }
    const ticks = Math.max(unfolded + shift, last.ticks + 1);
    const twins = distance === 0 ? last.twins + 1 : 0;
    return { ticks, own: unfolded - laps * this.lap, unfolded, shift, home, step, laps, twins };
  }
}

/** A filter from unfolded times to the rising clock's, counted from the frame `first`, which has to be the first that it sees. */
export function rising(lap: number, timeBase: Rational, first: SourceClock): string {
  const start = `st(0,${first.shift - first.ticks});st(1,${first.home - first.ticks});st(2,${first.step});0`;
  const distance = '(PTS-PREV_INPTS)';
  const jumped = `st(1,ld(0)-${lap});st(0,PREV_OUTPTS+ld(2)-PTS)`;
  const home = 'if(lt(ld(1),ld(0))*gt(PTS+ld(1),PREV_OUTPTS),st(0,ld(1)))';
  const step = `if(gt(${distance},0)*lt(${distance},${ticksOf(LONGEST_STEP, timeBase)}),st(2,${distance}))`;
  const later = `if(gt(${distance},${lap / 2}),${jumped},${home};${step});max(PTS+ld(0),PREV_OUTPTS+1)`;
  return `setpts='if(N,${later},${start})'`;
}
