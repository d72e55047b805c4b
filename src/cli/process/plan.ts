import { access, constants } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asMaskcastError, MaskcastError } from '../../core/errors.js';
import type { FileSource } from '../../core/source.js';
import { makeFolder, outputError } from '../../flow/durable.js';
import type { MediaFacts } from '../../media/facts.js';
import { workState } from '../../record/run/journal.js';
import { resultNames } from './names.js';

/** What a run is about to do, found out before any work. */

export interface PlannedInput {
  readonly source: FileSource;
  /** Absolute; the folder of its results. */
  readonly target: string;
  /** What the probe said; absent where it failed. */
  readonly facts: MediaFacts | undefined;
  /** Why the input can't be read. */
  readonly failure: MaskcastError | undefined;
}

/** Probes that run side by side. */
const PROBES = 4;

/** @param out absolute @throws MaskcastError USAGE; what is wrong with an input goes into the plan */
export async function planInputs(
  sources: readonly FileSource[],
  out: string,
  probe: (source: FileSource) => Promise<MediaFacts>,
): Promise<PlannedInput[]> {
  const names = resultNames(sources);
  const planned: PlannedInput[] = [];
  const indices = sources.keys();
  const lane = async () => {
    for (const index of indices) {
      const source = sources[index] as FileSource;
      const target = join(out, names[index] as string);
      planned[index] = await probe(source).then(
        (facts) => ({ source, target, facts, failure: undefined }),
        (error: unknown) => ({ source, target, facts: undefined, failure: asMaskcastError(error) }),
      );
    }
  };
  await Promise.all(Array.from({ length: PROBES }, lane));
  return planned;
}

/** Makes the folder of the results. @throws MaskcastError OUTPUT_UNWRITABLE, DISK_FULL */
export async function prepareFolder(out: string): Promise<void> {
  try {
    await makeFolder(out);
    await access(out, constants.W_OK);
  } catch (error) {
    throw outputError(out, error);
  }
}

/** Hours of work on the first input should not end at results of the last that are there already. @throws MaskcastError OUTPUT_EXISTS */
export async function requireNothingThere(planned: readonly PlannedInput[]): Promise<void> {
  const found: string[] = [];
  for (const { target } of planned) {
    const state = await workState(target);
    if (state !== 'none')
      found.push(state === 'finished' ? `${target} exists` : `${target} was begun and not finished`);
  }
  if (found.length === 0) return;
  const more = found.length > 3 ? ` and ${found.length - 3} more` : '';
  throw new MaskcastError('OUTPUT_EXISTS', `${found.slice(0, 3).join(', ')}${more}`, {
    remedies: ['go-on', 'begin-anew'],
  });
}

/** Seconds of video, where the inputs say how long they are. */
export const totalSeconds = (planned: readonly PlannedInput[]): number =>
  planned.reduce((sum, { facts }) => sum + (facts?.info.duration ?? 0), 0);

/** A short name for people: the file's, or the folder's and the pattern of an image sequence. */
export function shownName({ path, images }: FileSource): string {
  return images ? path.split(/[/\\]/).slice(-2).join('/') : basename(path);
}
