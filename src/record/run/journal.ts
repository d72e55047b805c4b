import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import {
  makeFolder,
  PART,
  renameDurably,
  syncFolder,
  syncTree,
  treeBytes,
  writeDurably,
  writing,
} from '../../flow/durable.js';
import type { Segment } from '../file-output.js';
import { takeLock } from './lock.js';

/** What to do where results, or the beginning of them, are already there. */
export type OnExisting = 'fail' | 'replace' | 'resume';

/** A segment that no crash loses. */
export interface CommittedSegment extends Segment {
  /** Bytes on disk by output. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Absent where a decoder can't be sure to find the place again and has to start at the file's beginning. */
  readonly end?: SegmentEnd | undefined;
}

/** The last frame of a segment, as a decoder finds it again. */
export interface SegmentEnd {
  /** Its pts, in ticks of the recording's time base. */
  readonly ticks: number;
  /** Digest of its pixels at the network's size. */
  readonly pixels: string;
  /** Ticks between the frames before it: see SourceClock. */
  readonly step: number;
}

/**
 * The unfinished work of one recording, on disk, in `<target>.work` beside the target folder.
 *
 * In: segment folders, written under a temporary name. Out: after the last one, the target folder. Always holds: a segment is
 * there as a whole, flushed, or not at all; the same holds for the target folder; one process works on it at a time. The names
 * are the journal: what has lost its `.part` is committed. Temporary names differ from run to run: an ffmpeg that outlives a
 * killed run for a moment writes into nothing of the next one.
 */
export class Journal {
  private readonly run = randomBytes(4).toString('hex');
  private readonly draft: string;
  /** What lies in the work may be another's from now on. */
  private closed = false;

  private constructor(
    private readonly target: string,
    private readonly work: string,
    private readonly unlock: () => Promise<void>,
    /** Committed, in order, from frame 0 without a gap. */
    readonly segments: CommittedSegment[],
  ) {
    this.draft = join(work, `result.${this.run}${PART}`);
  }

  /**
   * @param settings everything that the results depend on; a resume needs the same
   * @returns undefined where a resume finds the work finished
   * @throws MaskcastError OUTPUT_EXISTS, USAGE, CONFLICT, OUTPUT_UNWRITABLE, DISK_FULL
   */
  static async open(target: string, settings: object, onExisting: OnExisting): Promise<Journal | undefined> {
    const work = workOf(target);
    const text = `${JSON.stringify(settings, null, 2)}\n`;
    if ((await begin(target, onExisting)) === 'nothing') return undefined;
    const unlock = await takeLock(join(work, LOCK));
    try {
      await writing(work, () => syncFolder(dirname(work)));
      // Whoever held the lock until now may have finished the work.
      const way = await begin(target, onExisting);
      if (way === 'nothing') {
        await leave(work, unlock);
        return undefined;
      }
      const going = way === 'on';
      if (going && (await readFile(join(work, SETTINGS), 'utf8')) !== text) {
        throw new MaskcastError(
          'USAGE',
          `${target} was begun with other options, another model or another state of the file (see ${join(work, SETTINGS)}), and goes on with the same only`,
          { remedies: ['begin-anew'] },
        );
      }
      const segments = going ? await committed(work) : [];
      await writing(work, () => clear(work, going ? segments : undefined));
      if (!going) await writeDurably(join(work, SETTINGS), text);
      return new Journal(target, work, unlock, segments);
    } catch (error) {
      await unlock();
      // Where it was made for this.
      await rmdir(work).catch(() => {});
      throw error;
    }
  }

  get frames(): number {
    return this.segments.reduce((sum, { frames }) => sum + frames, 0);
  }

  /** On the disk that the results go to. */
  get folder(): string {
    return this.work;
  }

  /** An empty folder for the segment that begins at `firstFrame`. */
  async begin(firstFrame: number): Promise<string> {
    const folder = join(this.work, SEGMENTS, `${segmentName(firstFrame)}.${this.run}${PART}`);
    await empty(folder);
    return folder;
  }

  /** After this, no crash loses the segment. */
  async commit(segment: Segment, end: SegmentEnd | undefined): Promise<void> {
    const { folder, ...rest } = segment;
    const facts = { ...rest, bytes: await bytesByOutput(folder), end };
    await writeDurably(join(folder, FACTS), JSON.stringify(facts));
    await syncTree(folder);
    const name = join(dirname(folder), segmentName(segment.firstFrame));
    await renameDurably(folder, name);
    this.segments.push({ ...facts, folder: name });
  }

  /** An empty folder that `finish` makes the target. */
  async result(): Promise<string> {
    await empty(this.draft);
    return this.draft;
  }

  async finish(): Promise<void> {
    await syncTree(this.draft);
    if (await exists(this.target)) {
      await writing(this.target, () => rename(this.target, join(this.work, `replaced-${basename(this.target)}`)));
    }
    await renameDurably(this.draft, this.target);
    this.closed = true;
    try {
      await writing(this.work, () => leave(this.work, this.unlock));
    } finally {
      await this.unlock();
    }
  }

  /** Lets go of the work; what is committed stays for a resume, and where nothing is, nothing stays. Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.segments.length === 0) await leave(this.work, this.unlock).catch(() => {});
    await this.unlock();
  }
}

/** What there is to do. @throws MaskcastError OUTPUT_EXISTS */
async function begin(target: string, onExisting: OnExisting): Promise<'anew' | 'on' | 'nothing'> {
  const state = { finished: await exists(target), started: await exists(join(workOf(target), SETTINGS)) };
  if (onExisting === 'resume' && state.finished && !state.started) return 'nothing';
  if (onExisting === 'fail' && (state.finished || state.started)) {
    const what = state.finished ? `${target} exists` : `${target} was begun and not finished`;
    throw new MaskcastError('OUTPUT_EXISTS', what, { remedies: ['go-on', 'begin-anew'] });
  }
  return onExisting === 'resume' && state.started ? 'on' : 'anew';
}

/**
 * Takes the work away and lets go of it. The lock goes last: whoever takes it from then on finds nothing of ours, and we touch nothing
 * of theirs.
 */
async function leave(work: string, unlock: () => Promise<void>): Promise<void> {
  await removeAllBut(work, [LOCK]);
  await unlock();
  // It stays where somebody else has begun in it.
  await rmdir(work).catch(() => {});
}

/** Frames that are committed in what was begun for `target`. */
export async function keptFrames(target: string): Promise<number> {
  const segments = await committed(workOf(target)).catch(() => []);
  return segments.reduce((sum, { frames }) => sum + frames, 0);
}

/** What is there of a recording's results. */
export async function workState(target: string): Promise<'none' | 'begun' | 'finished'> {
  if (await exists(target)) return 'finished';
  return (await exists(join(workOf(target), SETTINGS))) ? 'begun' : 'none';
}

const workOf = (target: string): string => `${target}.work`;
const SETTINGS = 'settings.json';
const SEGMENTS = 'segments';
const FACTS = 'segment.json';
const LOCK = 'lock';

const segmentName = (firstFrame: number): string => String(firstFrame).padStart(9, '0');

async function empty(folder: string): Promise<void> {
  await writing(folder, async () => {
    await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
  });
}

/** Takes away all but the lock, and the settings and these segments where the work goes on. */
async function clear(work: string, kept: readonly Segment[] | undefined): Promise<void> {
  const root = join(work, SEGMENTS);
  await removeAllBut(work, [LOCK, ...(kept ? [SETTINGS, SEGMENTS] : [])]);
  await makeFolder(root);
  await removeAllBut(
    root,
    (kept ?? []).map(({ folder }) => basename(folder)),
  );
}

async function removeAllBut(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!kept.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function committed(work: string): Promise<CommittedSegment[]> {
  const root = join(work, SEGMENTS);
  const names = (await readdir(root).catch(() => [])).filter((name) => /^\d+$/.test(name)).sort();
  const segments: CommittedSegment[] = [];
  let next = 0;
  for (const name of names) {
    const folder = join(root, name);
    const facts = await factsOf(folder);
    // What lies behind a gap, or behind facts that something has damaged, is made again.
    if (facts?.firstFrame !== next) break;
    next += facts.frames;
    segments.push({ ...facts, folder });
  }
  return segments;
}

/** Undefined where they are not there or can't be read. */
async function factsOf(folder: string): Promise<Omit<CommittedSegment, 'folder'> | undefined> {
  try {
    const facts = JSON.parse(await readFile(join(folder, FACTS), 'utf8')) as Omit<CommittedSegment, 'folder'> | null;
    return Number.isInteger(facts?.frames) ? (facts ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

async function bytesByOutput(folder: string): Promise<Record<string, number>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const outputs = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Object.fromEntries(
    await Promise.all(outputs.map(async (name) => [name, await treeBytes(join(folder, name))] as const)),
  );
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
