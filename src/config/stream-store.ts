import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { MaskcastError } from '../core/errors.js';

/**
 * The streams that were added at run time, in one JSON file that is replaced atomically: a crash leaves the old or the new
 * list, never a half. It holds camera passwords and is readable by its owner only.
 */
const storedStream = z.strictObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  user: z.string().optional(),
  password: z.string().optional(),
  transport: z.enum(['tcp', 'udp']),
  model: z.string().optional(),
  policy: z.string(),
  smoothing: z.boolean(),
  onDemand: z.boolean(),
  enabled: z.boolean(),
});

const storeFile = z.strictObject({ version: z.literal(1), streams: z.array(storedStream) });

export type StoredStream = z.infer<typeof storedStream>;

export class StreamStore {
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  /** @throws MaskcastError CONFIG_INVALID when the file is there but can't be understood: it is never overwritten then */
  load(): StoredStream[] {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new MaskcastError(
        'CONFIG_INVALID',
        `the stream store ${this.path} can't be read: ${(cause as Error).message}`,
        { cause },
      );
    }
    const parsed = storeFile.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new MaskcastError(
        'CONFIG_INVALID',
        `the stream store ${this.path} is damaged (${z.prettifyError(parsed.error)}); move it away to start without it`,
      );
    }
    return parsed.data.streams;
  }

  /** Resolves when the list is on disk. Calls are written in order. @throws MaskcastError OUTPUT_UNWRITABLE */
  save(streams: readonly StoredStream[]): Promise<void> {
    const text = `${JSON.stringify({ version: 1, streams }, null, 2)}\n`;
    const written = this.writing.then(async () => {
      try {
        mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
        await writeFileAtomic(this.path, text, { mode: 0o600 });
      } catch (cause) {
        throw new MaskcastError(
          'OUTPUT_UNWRITABLE',
          `the stream store ${this.path} can't be written: ${(cause as Error).message}`,
          { cause },
        );
      }
    });
    this.writing = written.catch(() => {});
    return written;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
