import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rational } from '../../core/time.js';
import { clockJumps } from '../../media/inspect.js';
import type { MaskedFrame, Recording, Segment } from '../file-output.js';

/**
 * The sound of a recording whose clock jumps back, on the clock of the pictures.
 *
 * In: where the pictures' clock jumps, noted frame by frame. Out: a filter that moves the sound between two jumps by as much as the pictures
 * between them. Always holds: there is such a filter only where the sound jumps as often as the pictures do; else nobody knows
 * which sound belongs to which.
 */

/** Pictures over which the source's own clock and the rising one run alike. */
export interface Stretch {
  /** Of the first of them, in ticks. */
  readonly own: number;
  readonly rising: number;
  /** Whether the own clock has jumped back to it. */
  readonly back: boolean;
}

/** Seconds by which the distance of the two clocks may change within a stretch: frames of the same time come a tick apart. */
const TOLERANCE = 0.01;
/** ffmpeg reads an expression that is nested so deep; more jumps are those of a broken clock. */
const MOST_JUMPS = 50;

/** What is noted of one segment. */
export interface ClockNotes {
  readonly stretches: readonly Stretch[];
  /** The own time of its last frame, in ticks. */
  readonly last: number | undefined;
}

/** Notes stretches while frames pass. */
export class ClockNotebook implements ClockNotes {
  readonly stretches: Stretch[] = [];
  last: number | undefined;

  constructor(private readonly timeBase: Rational) {}

  add({ ownTicks: own, pts }: Pick<MaskedFrame, 'ownTicks' | 'pts'>): void {
    const current = this.stretches.at(-1);
    const change = current ? Math.abs(pts.ticks - own - (current.rising - current.own)) : Number.POSITIVE_INFINITY;
    const back = this.last !== undefined && own < this.last;
    this.last = own;
    if (back || (change * this.timeBase.num) / this.timeBase.den > TOLERANCE) {
      this.stretches.push({ own, rising: pts.ticks, back });
    }
  }
}

/** Where a segment keeps its notes, as JSON. */
export const SEGMENT_CLOCK = 'clock.json';

/** @param name the output's. @param sounds places of the sound tracks among the source's. @returns the filter for each of them; undefined where sound can't be told to belong to its pictures */
export async function soundFilter(
  { file, timeBase, tools }: Recording,
  segments: readonly Segment[],
  name: string,
  sounds: readonly number[],
): Promise<string | undefined> {
  const notes: ClockNotes[] = [];
  for (const { folder } of segments) {
    notes.push(JSON.parse(await readFile(join(folder, name, SEGMENT_CLOCK), 'utf8')) as ClockNotes);
  }
  const shifts = shiftsOf(notes, timeBase);
  if (!shifts || shifts.length > MOST_JUMPS) return undefined;
  for (const index of sounds) {
    if ((await clockJumps(tools, file, `a:${index}`)) !== shifts.length - 1) return undefined;
  }
  return moved(shifts);
}

/** Seconds from the own clock to the rising one after each jump; undefined where they part without a jump back. */
export function shiftsOf(notes: readonly ClockNotes[], { num, den }: Rational): readonly number[] | undefined {
  const shifts: number[] = [];
  let before: number | undefined;
  for (const { stretches, last } of notes) {
    for (const [index, { own, rising, back }] of stretches.entries()) {
      const shift = ((rising - own) * num) / den;
      const jumped = back || (index === 0 && before !== undefined && own < before);
      const parted = shifts.length > 0 && Math.abs(shift - (shifts.at(-1) as number)) > TOLERANCE;
      if (parted && !jumped) return undefined;
      if (jumped || shifts.length === 0) shifts.push(shift);
    }
    before = last;
  }
  return shifts;
}

/** Counts the jumps as it goes. Where sound of two stretches overlaps, or lacks, samples are cut or silence is put in. */
function moved(shifts: readonly number[]): string {
  const chosen = shifts
    .slice(0, -1)
    .reduceRight((rest, shift, jumps) => `if(eq(ld(0),${jumps}),${shift},${rest})`, String(shifts.at(-1) ?? 0));
  return `asetpts='st(0,ld(0)+lt(PTS,PREV_INPTS));PTS+(${chosen})/TB',aresample=async=1:min_hard_comp=0.02`;
}
