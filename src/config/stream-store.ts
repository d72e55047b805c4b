import { readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { asMaskcastError, MaskcastError } from '../core/errors.js';
import { makeFolder, writeDurably, writing } from '../flow/durable.js';
import { streamId } from './schema.js';
import { classSettings } from './values.js';

/**
 * The streams that were added at run time, in one JSON file that is replaced atomically: a crash leaves the old or the new
 * list, never a half. It holds camera passwords and is readable by its owner only.
 */
const storedStream = z.strictObject({
  id: streamId,
  name: z.string(),
  url: z.string(),
  user: z.string().optional(),
  password: z.string().optional(),
  transport: z.enum(['tcp', 'udp']),
  connectTimeout: z.number().positive().optional(),
  stallTimeout: z.number().positive().optional(),
  refresh: z.number().positive().optional(),
  model: z.string().optional(),
  policy: z.string(),
  smoothing: z.boolean(),
  onDemand: z.boolean(),
  classes: classSettings.optional(),
  enabled: z.boolean(),
});

/** One bad entry must not cost the others: each is looked at by itself. */
const storeFile = z.strictObject({ version: z.literal(1), streams: z.array(z.unknown()) });

/** Of an entry that doesn't fit, what can be made out all the same. */
const legible = z.object({
  id: streamId.optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  url: z.string().optional().catch(undefined),
  user: z.string().optional().catch(undefined),
  password: z.string().optional().catch(undefined),
  transport: z.enum(['tcp', 'udp']).optional().catch(undefined),
  connectTimeout: z.number().positive().optional().catch(undefined),
  stallTimeout: z.number().positive().optional().catch(undefined),
  refresh: z.number().positive().optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  policy: z.string().optional().catch(undefined),
  smoothing: z.boolean().optional().catch(undefined),
  onDemand: z.boolean().optional().catch(undefined),
  classes: classSettings.optional().catch(undefined),
  enabled: z.boolean().optional().catch(undefined),
});

export type StoredStream = z.infer<typeof storedStream>;
export type LegibleStream = z.infer<typeof legible>;

/** An entry of the file: a stream, or why it is none; kept as it stands when the file is written again. */
export type StoredEntry =
  | { readonly stream: StoredStream }
  | { readonly damaged: unknown; readonly legible: LegibleStream; readonly reason: MaskcastError };

export class StreamStore {
  constructor(readonly path: string) {}

  /** @throws MaskcastError CONFIG_INVALID when the file is there but can't be understood: it is never overwritten then */
  load(): StoredEntry[] {
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
    return parsed.data.streams.map((raw, index) => this.read(raw, index));
  }

  /** Resolves when the list is on disk; one call at a time. @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE */
  async save(streams: readonly unknown[]): Promise<void> {
    const text = `${JSON.stringify({ version: 1, streams }, null, 2)}\n`;
    try {
      await writing(this.path, async () => {
        await makeFolder(dirname(this.path), 0o700);
        await writeDurably(await linked(this.path), text, { mode: 0o600 });
      });
    } catch (cause) {
      const { code, message } = asMaskcastError(cause);
      if (code !== 'DISK_FULL') {
        throw new MaskcastError('OUTPUT_UNWRITABLE', `the stream store can't be written: ${message}`, { cause });
      }
      const told = `the disk that holds the stream store ${this.path} is full: nothing was changed; free some space and try again`;
      throw new MaskcastError('DISK_FULL', told, { retryable: true, cause });
    }
  }

  private read(raw: unknown, index: number): StoredEntry {
    const parsed = storedStream.safeParse(raw);
    if (parsed.success) return { stream: parsed.data };
    const { data = {} } = legible.safeParse(raw);
    const which = data.id === undefined ? `entry ${index + 1}` : `stream "${data.id}"`;
    const what = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
    return {
      damaged: raw,
      legible: data,
      reason: new MaskcastError(
        'CONFIG_INVALID',
        `${which} of ${basename(this.path)} can't be used (${what.join('; ')}); change it there, or here, or remove it`,
      ),
    };
  }
}

/** Where the file is a link, what it leads to: that is what gets a new content. */
const linked = (path: string): Promise<string> => realpath(path).catch(() => path);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
