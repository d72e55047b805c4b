import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MaskcastError } from '../core/errors.js';
import type { UploadView } from '../delivery/http/jobs-schema.js';
import type { UploadSource } from '../delivery/services.js';
import { DiskSpace, type SpacePromise } from '../flow/disk-space.js';
import { makeFolder, outputError, PART, renameDurably, writing } from '../flow/durable.js';
import { errorInWords } from './words.js';

/**
 * Recordings that were sent here: `uploads/ID/NAME`, one a folder.
 *
 * In: bytes from anybody who may. Out: files that ffprobe takes for a video. Always holds: a folder without `.part` holds one whole,
 * probed file; whatever ends an upload early leaves nothing; no name is used as it came.
 */

export interface UploadsParts {
  readonly folder: string;
  /** Bytes. */
  readonly limit: number;
  /** What stays free on the disk, bytes; 256 MiB where absent. */
  readonly reserve?: number;
  /** @throws the typed reason why a file can't be read as a video */
  readonly probe: (path: string, signal: AbortSignal) => Promise<unknown>;
}

/** Uploads that nobody uses are kept this long. Milliseconds. */
const UNUSED_AGE = 24 * 3_600_000;

/** What an upload leaves free on the disk: streams and jobs write, too. */
const RESERVE = 256 * 1024 * 1024;

/** Bytes between two looks at the disk. */
const SLICE = 4 * 1024 * 1024;

const ID = /^[0-9a-f]{16}$/;
const MAX_NAME = 120;

export class Uploads {
  private readonly space: DiskSpace;

  constructor(private readonly parts: UploadsParts) {
    this.space = new DiskSpace(parts.folder, parts.reserve ?? RESERVE);
  }

  async receive({ name, body, length, signal }: UploadSource): Promise<UploadView> {
    const { folder, limit, probe } = this.parts;
    if (length !== undefined && length > limit) throw tooLarge(limit);
    const id = randomBytes(8).toString('hex');
    const own = join(folder, `${id}${PART}`);
    const safe = safeName(name);
    const path = join(own, safe);
    let space: SpacePromise | undefined;
    try {
      await writing(own, () => makeFolder(own, 0o700));
      space = await this.space.take(length ?? 0);
      const bytes = await this.write(path, { body, length, signal }, space);
      if (bytes === 0) throw new MaskcastError('BAD_REQUEST', 'the body is empty: it has to be the recording itself');
      if (length !== undefined && bytes !== length) throw gone();
      await probe(path, signal).catch((error: unknown) => {
        throw errorInWords(error, { [path]: safe });
      });
      await renameDurably(own, join(folder, id));
      return { upload: id, name: safe, bytes };
    } catch (error) {
      await rm(own, { recursive: true, force: true });
      throw signal.aborted ? gone(error) : errorInWords(outputError(folder, error), { [folder]: 'uploads' });
    } finally {
      space?.release();
    }
  }

  /** Path and name of an upload. @throws MaskcastError NOT_FOUND */
  async locate(id: string): Promise<{ readonly path: string; readonly file: string }> {
    if (!ID.test(id)) throw absent(id);
    const own = join(this.parts.folder, id);
    const [file] = await readdir(own).catch(() => []);
    if (file === undefined) throw absent(id);
    return { path: join(own, file), file };
  }

  pathOf({ upload, file }: { readonly upload: string; readonly file: string }): string {
    return join(this.parts.folder, upload, file);
  }

  /**
   * Removes what no job uses and nobody will: old uploads, and at a start those that a crash cut off.
   * @param used ids of uploads; `all`: which of them are used is not known
   * @param now ms since the Unix epoch
   */
  async sweep(
    used: ReadonlySet<string> | 'all',
    { atStart, now }: { readonly atStart: boolean; readonly now: number },
  ): Promise<void> {
    const { folder } = this.parts;
    for (const name of await readdir(folder).catch(() => [])) {
      const unfinished = name.endsWith(PART);
      if (!unfinished && (used === 'all' || used.has(name))) continue;
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      if (!facts) continue;
      if ((atStart && unfinished) || now - facts.mtimeMs > UNUSED_AGE) await rm(path, { recursive: true, force: true });
    }
  }

  /** @returns bytes */
  private async write(
    path: string,
    { body, length, signal }: Omit<UploadSource, 'name'>,
    space: SpacePromise,
  ): Promise<number> {
    const { limit } = this.parts;
    let bytes = 0;
    let sure = 0;
    async function* limited() {
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > limit) throw tooLarge(limit);
        if (bytes > sure) {
          const slice = Math.max(SLICE, chunk.length);
          // What was announced has been promised as a whole.
          await space.ready(length === undefined ? slice : 0);
          sure = bytes - chunk.length + slice;
        }
        yield chunk;
        space.written(chunk.length);
      }
    }
    await pipeline(limited, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }), { signal });
    return bytes;
  }
}

/** The last part of a path of any system, without what means something to a file system, a header or ffmpeg's patterns. */
export function safeName(name: string): string {
  const last = basename(name.replaceAll('\\', '/'));
  const plain = last.replace(/[\p{C}\p{Zl}\p{Zp}<>:"|?*%/]/gu, '_').replace(/^[.\s]+/, '');
  const extension = extname(plain).slice(0, 10);
  let stem = plain.slice(0, plain.length - extname(plain).length);
  while (Buffer.byteLength(stem) > MAX_NAME) stem = stem.slice(0, -1);
  return `${stem.trim() || 'video'}${extension}`;
}

const absent = (id: string): MaskcastError =>
  new MaskcastError('NOT_FOUND', `there is no upload "${id.slice(0, 64)}"; those that no job uses go after a day`);

const tooLarge = (limit: number): MaskcastError =>
  new MaskcastError('TOO_LARGE', `a recording may have ${limit} bytes (jobs.maxUpload); this one has more`);

const gone = (cause?: unknown): MaskcastError =>
  new MaskcastError('CLOSED', 'the sender left before the end of the recording', { cause });
