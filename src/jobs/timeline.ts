import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskcastError } from '../core/errors.js';
import type { JobTimeline, JobTimes } from '../delivery/http/jobs-schema.js';
import { readTimedFrameName } from '../record/file-output.js';
import { readLines } from '../record/run/json-lines.js';
import type { TableRow } from '../record/table/row.js';
import type { JobRecord } from './job.js';

/** What a player needs of finished results. In: `table.jsonl` or the names of the masks. Out: times and class shares. */

type Timeline = JobRecord['timeline'];
type Of = Pick<JobRecord, 'timeline' | 'options'>;

const TABLE = 'table.jsonl';
const MASKS = 'masks';

/**
 * All frames in order, and how the browser's clock is set by them.
 * @throws MaskcastError NOT_FOUND where neither table nor masks were asked for
 */
export async function readTimes(folder: string, { timeline, options }: Of): Promise<JobTimes> {
  const { seconds, numbers } = await readFrames(folder, timeline);
  const { start, first = start } = timeline;
  // Where the job begins with the recording, its first frame is the first picture, whatever the header says.
  const begin = options.from === undefined ? seconds[0] : undefined;
  return { seconds, numbers, start, first: begin ?? fromBeginning(first, timeline) };
}

async function readFrames(folder: string, timeline: Timeline): Promise<Pick<JobTimes, 'seconds' | 'numbers'>> {
  const seconds: number[] = [];
  const numbers: number[] = [];
  if (await exists(join(folder, TABLE))) {
    for await (const row of rows(folder)) {
      seconds.push(fromBeginning(risingSeconds(row), timeline));
      numbers.push(row.frame);
    }
    return { seconds, numbers };
  }
  const { num, den } = timeline.timeBase;
  for (const { number, ticks } of await maskNames(folder)) {
    seconds.push(fromBeginning((ticks * num) / den, timeline));
    numbers.push(number);
  }
  if (numbers.length === 0) throw needs('table or masks');
  return { seconds, numbers };
}

/** Undefined where the results don't tell. */
export async function countFrames(folder: string): Promise<number | undefined> {
  const times = await readFrames(folder, { start: 0, timeBase: { num: 1, den: 1 } }).catch(() => undefined);
  return times?.numbers.length;
}

/** The masks' file names by frame number. */
export async function maskFiles(folder: string): Promise<ReadonlyMap<number, string>> {
  const names = await maskNames(folder);
  if (names.length === 0) throw needs('masks');
  return new Map(names.map(({ number, name }) => [number, `${MASKS}/${name}`]));
}

/**
 * Means over runs of equally many frames, at most `points` of them; one pass over the table.
 * @param frames of the results
 * @throws MaskcastError NOT_FOUND where no table was asked for
 */
export async function readTimeline(
  folder: string,
  timeline: Timeline,
  { points, frames }: { readonly points: number; readonly frames: number },
): Promise<JobTimeline> {
  if (!(await exists(join(folder, TABLE)))) throw needs('table');
  const reduction = new Reduction(Math.max(1, Math.ceil(frames / points)));
  for await (const row of rows(folder)) reduction.add(row, fromBeginning(risingSeconds(row), timeline));
  return reduction.result();
}

/** Always holds: memory is that of the points, whatever the number of rows. */
class Reduction {
  private readonly seconds: number[] = [];
  private readonly frame: number[] = [];
  private readonly inferred: boolean[] = [];
  private readonly shares = new Map<string, number[]>();
  private inPoint = 0;

  constructor(private readonly every: number) {}

  add({ frame, origin, classes }: TableRow, seconds: number): void {
    if (this.inPoint === this.every) this.inPoint = 0;
    if (this.inPoint === 0) {
      this.seconds.push(seconds);
      this.frame.push(frame);
      this.inferred.push(origin === 'inferred');
    }
    this.inPoint += 1;
    const at = this.seconds.length - 1;
    for (const [name, { share }] of Object.entries(classes)) {
      if (share > 0 || this.shares.has(name)) this.blend(name, at, share);
    }
  }

  result(): JobTimeline {
    const points = this.seconds.length;
    const shares = [...this.shares].map(([name, values]) => ({
      class: name,
      values: Array.from({ length: points }, (_, at) => Number((values[at] ?? 0).toFixed(5))),
    }));
    return { seconds: this.seconds, frame: this.frame, shares, inferred: this.inferred };
  }

  /** The running mean of a point; values of frames before the first that has the class are 0. */
  private blend(name: string, at: number, share: number): void {
    const values = this.shares.get(name) ?? [];
    this.shares.set(name, values);
    const before = values[at] ?? 0;
    values[at] = before + (share - before) / this.inPoint;
  }
}

const risingSeconds = ({ seconds, rising }: TableRow): number => rising?.seconds ?? seconds;

async function* rows(folder: string): AsyncGenerator<TableRow, void, undefined> {
  for await (const line of readLines(join(folder, TABLE))) yield JSON.parse(line) as TableRow;
}

async function maskNames(folder: string) {
  const names = await readdir(join(folder, MASKS)).catch(() => []);
  return names
    .flatMap((name) => {
      const frame = readTimedFrameName(name, '.png');
      return frame ? [{ name, ...frame }] : [];
    })
    .sort((a, b) => a.number - b.number);
}

const fromBeginning = (seconds: number, { start }: Timeline): number => Number((seconds - start).toFixed(6));

const needs = (outputs: string): MaskcastError =>
  new MaskcastError('NOT_FOUND', `the results don't hold this: it needs the output ${outputs}`);

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
