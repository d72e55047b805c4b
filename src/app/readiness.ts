import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import { type Milliseconds, ms } from '../core/time.js';
import type { ReadinessView } from '../delivery/http/api-schema.js';
import type { Readiness } from '../delivery/services.js';
import { freeBytes } from '../flow/durable.js';
import { requireTools } from '../media/require-tools.js';

/**
 * Whether the server can do its work, part by part.
 *
 * In: its parts. Out: a report that tells no paths, since it is open to everybody. Always holds: a part that does not answer is not
 * ready; reports are at most FRESH old and whoever asks meanwhile gets the same, so that asking costs little.
 */
export interface ReadinessParts {
  readonly models: { readonly loaded: readonly { health(): { readonly ready: number } }[] };
  /** ffmpeg and ffprobe. */
  readonly tools: readonly string[];
  /** Where state is kept, now. Absolute. */
  readonly folders: () => readonly string[];
  readonly clock: Clock;
}

type Check = ReadinessView['checks'][string];

const FRESH = ms(2000);
/** A part has so long to answer. */
const PATIENCE = ms(4000);
/** With less, segments and records fail. Bytes. */
const LEAST_FREE = 32 * 1024 * 1024;

export function createReadiness(parts: ReadinessParts): Readiness {
  const { clock } = parts;
  let newest: { readonly at: Milliseconds; readonly report: Promise<ReadinessView> } | undefined;
  return () => {
    if (!newest || clock.now() - newest.at >= FRESH) newest = { at: clock.now(), report: reportOn(parts) };
    return newest.report;
  };
}

async function reportOn({ models, tools, folders, clock }: ReadinessParts): Promise<ReadinessView> {
  const within = (part: string, look: () => Promise<string | undefined>) => inTime(clock, part, look);
  const [ffmpeg, store, disk] = await Promise.all([
    within('ffmpeg', () => runs(tools)),
    within('the store', () => isWritable(folders())),
    within('the disk', () => hasSpace(folders())),
  ]);
  const checks = { inference: workers(models), ffmpeg, store, disk };
  return { ready: Object.values(checks).every(({ ok }) => ok), checks };
}

function workers({ loaded }: ReadinessParts['models']): Check {
  const ready = loaded.length > 0 && loaded.every((pool) => pool.health().ready > 0);
  return ready ? { ok: true } : { ok: false, detail: 'no inference worker is ready' };
}

async function runs(tools: readonly string[]): Promise<string | undefined> {
  try {
    await requireTools(tools);
    return undefined;
  } catch (error) {
    const code = error instanceof MaskcastError ? error.code : 'INTERNAL';
    return `ffmpeg or ffprobe can't be run (${code}); the log tells more`;
  }
}

async function isWritable(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, '.ready');
    try {
      await writeFile(path, 'ready\n');
      await rm(path);
    } catch (error) {
      return `what must be kept can't be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    }
  }
  return undefined;
}

async function hasSpace(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const free = await freeBytes(folder);
    if (free < LEAST_FREE) return `${free} bytes are free where state is kept; at least ${LEAST_FREE} are needed`;
  }
  return undefined;
}

/** @param look resolves to what is wrong */
async function inTime(clock: Clock, part: string, look: () => Promise<string | undefined>): Promise<Check> {
  let cancel = () => {};
  const late = new Promise<string>((resolve) => {
    cancel = clock.after(PATIENCE, () => resolve(`${part} does not answer`));
  });
  const detail = await Promise.race([look().catch(() => `${part} cannot be looked at`), late]);
  cancel();
  return detail === undefined ? { ok: true } : { ok: false, detail };
}
