import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { writing } from '../../flow/durable.js';

/** Rows of a segment as lines of JSON, and their way into one file for the whole recording. */

export class LineFile {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<LineFile> {
    return new LineFile(path, await writing(path, () => open(path, 'w')));
  }

  async append(rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writing(this.path, () => this.file.appendFile(text));
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.file.close();
  }
}

export async function* readLines(path: string): AsyncGenerator<string, void, undefined> {
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

/** Writes pieces of text as they come, however long the whole is. */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  await writing(path, () => pipeline(pieces, createWriteStream(path), { signal }));
}
