import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.js';
import { writeDurably } from '../flow/durable.js';

/**
 * What time it is for those who throw away what is old.
 *
 * In: the wall clock, which a machine without a battery, or a person, may set years ahead. Out: a time that goes on while a server runs,
 * and over a time without one by half a day at most: what is a minute old is never taken for a year old. Always holds: it is never ahead of
 * the wall clock as it was read at the start, plus the time since.
 */
export class AgeClock {
  private base = 0;
  private since = 0;

  constructor(
    private readonly folder: string,
    private readonly clock: Pick<Clock, 'now' | 'wall'>,
  ) {}

  /** Goes on from what an earlier server left. */
  async start(): Promise<void> {
    const text = await readFile(join(this.folder, FILE), 'utf8').catch(() => '');
    const wall = this.clock.wall();
    const last = /^\d+$/.test(text.trim()) ? Number(text) : wall;
    this.base = Math.min(wall, last + LONGEST_PAUSE);
    this.since = this.clock.now();
  }

  /** ms since the Unix epoch. */
  now(): number {
    return this.base + (this.clock.now() - this.since);
  }

  /** For the next server. @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE */
  async save(): Promise<void> {
    await writeDurably(join(this.folder, FILE), `${Math.round(this.now())}\n`);
  }
}

const FILE = '.clock';
/** Milliseconds. */
const LONGEST_PAUSE = 12 * 3_600_000;
