import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MaskcastError } from '../core/errors.js';
import { PART, renameDurably, syncTree, writeDurably, writing } from './durable.js';
import type { Segment } from './output.js';

/** What to do where results, or the beginning of them, are already there. */
export type OnExisting = 'fail' | 'replace' | 'resume';

/**
 * The unfinished work of one recording, on disk, in `<target>.work` beside the target folder.
 *
 * In: segment folders, written under a temporary name. Out: after the last one, the target folder. Always holds: a segment is
 * there as a whole, flushed, or not at all; the same holds for the target folder. The names are the journal: what has lost its
 * `.part` is committed.
 */
export class Journal {
  private constructor(
    private readonly target: string,
    private readonly work: string,
    /** Committed, in order, from frame 0 without a gap. */
    readonly segments: Segment[],
  ) {}

  /**
   * @param settings everything that the results depend on; a resume needs the same
   * @returns undefined where a resume finds the work finished
   * @throws MaskcastError OUTPUT_EXISTS, USAGE, OUTPUT_UNWRITABLE, DISK_FULL
   */
  static async open(target: string, settings: object, onExisting: OnExisting): Promise<Journal | undefined> {
    const work = `${target}.work`;
    const started = await exists(join(work, SETTINGS));
    const finished = await exists(target);
    if (onExisting === 'resume' && finished && !started) return undefined;
    if (onExisting === 'fail' && (finished || started)) {
      const what = finished ? `${target} exists` : `${target} was begun and not finished`;
      throw new MaskcastError('OUTPUT_EXISTS', `${what}; go on with --resume or start again with --force`);
    }
    const text = `${JSON.stringify(settings, null, 2)}\n`;
    if (onExisting === 'resume' && started) {
      if ((await readFile(join(work, SETTINGS), 'utf8')) !== text) {
        throw new MaskcastError(
          'USAGE',
          `${target} was begun with other options, another model or another state of the file (see ${join(work, SETTINGS)}); resume with the same, or start again with --force`,
        );
      }
      return new Journal(target, work, await committed(work));
    }
    await writing(work, async () => {
      await rm(work, { recursive: true, force: true });
      await mkdir(join(work, SEGMENTS), { recursive: true });
    });
    await writeDurably(join(work, SETTINGS), text);
    return new Journal(target, work, []);
  }

  /** An empty folder for the segment that begins at `firstFrame`. */
  async begin(firstFrame: number): Promise<string> {
    const folder = join(this.work, SEGMENTS, `${segmentName(firstFrame)}${PART}`);
    await writing(folder, async () => {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
    });
    return folder;
  }

  /** After this, no crash loses the segment. */
  async commit(segment: Segment): Promise<void> {
    const { folder, ...facts } = segment;
    await writeDurably(join(folder, FACTS), JSON.stringify(facts));
    await syncTree(folder);
    const name = folder.slice(0, -PART.length);
    await renameDurably(folder, name);
    this.segments.push({ ...facts, folder: name });
  }

  /** An empty folder that `finish` makes the target. */
  async result(): Promise<string> {
    const folder = join(this.work, 'result');
    await writing(folder, async () => {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
    });
    return folder;
  }

  async finish(): Promise<void> {
    const result = join(this.work, 'result');
    await syncTree(result);
    if (await exists(this.target)) {
      await writing(this.target, () => rename(this.target, join(this.work, `replaced-${basename(this.target)}`)));
    }
    await renameDurably(result, this.target);
    await rm(this.work, { recursive: true, force: true });
  }
}

const SETTINGS = 'settings.json';
const SEGMENTS = 'segments';
const FACTS = 'segment.json';

const segmentName = (firstFrame: number): string => String(firstFrame).padStart(9, '0');

async function committed(work: string): Promise<Segment[]> {
  const root = join(work, SEGMENTS);
  const names = (await readdir(root)).filter((name) => !name.endsWith(PART)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const folder = join(root, name);
    const facts = JSON.parse(await readFile(join(folder, FACTS), 'utf8')) as Omit<Segment, 'folder'>;
    segments.push({ ...facts, folder });
  }
  return segments;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
