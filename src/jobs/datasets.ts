import { MaskcastError } from '../core/errors.js';
import type { DatasetQuery, DatasetView } from '../delivery/http/jobs-schema.js';
import type { StoredArchive } from '../delivery/services.js';
import { type DatasetFile, datasetFiles } from '../record/dataset/files.js';
import { type DatasetPlan, planDataset } from '../record/dataset/plan.js';
import { type DatasetRecording, partsOf } from '../record/dataset/recordings.js';
import { validationNames } from '../record/dataset/split.js';
import type { JobRecord } from './job.js';

/** One data set of the results of several jobs. A job's id stands before the names of its frames: no other has it, ever. */

export interface DatasetParts {
  /** A finished job and the folder of its results. @throws MaskcastError NOT_FOUND, CONFLICT */
  results(id: string): { readonly folder: string; readonly record: JobRecord };
}

/** @throws MaskcastError NOT_FOUND, CONFLICT, BAD_REQUEST, DATASET_INVALID */
export async function describeDataset(query: DatasetQuery, jobs: DatasetParts): Promise<DatasetView> {
  const { recordings, parts, left } = await plan(query, jobs);
  return {
    recordings: recordings.map(({ name, split, frames }) => {
      return { job: name, name: jobs.results(name).record.name, split, frames };
    }),
    outputs: [...parts],
    left: [...left],
  };
}

/** @throws MaskcastError as `describeDataset` */
export async function datasetArchive(query: DatasetQuery, jobs: DatasetParts): Promise<StoredArchive> {
  return { name: 'dataset.zip', files: inOneFolder(datasetFiles(await plan(query, jobs))) };
}

/** Whoever unpacks it gets one folder. */
async function* inOneFolder(files: AsyncIterable<DatasetFile>): AsyncGenerator<DatasetFile, void, undefined> {
  for await (const file of files) yield { ...file, name: `dataset/${file.name}` };
}

async function plan(query: DatasetQuery, jobs: DatasetParts): Promise<DatasetPlan> {
  // Sorted: the same jobs make the same data set, in whatever order they were named.
  const names = [...new Set(query.jobs)].sort();
  const recordings = await Promise.all(
    names.map(async (name): Promise<DatasetRecording> => {
      const { folder, record } = jobs.results(name);
      return { name, folder, parts: await partsOf(folder), frames: record.frames };
    }),
  );
  const stranger = query.val?.find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new MaskcastError('BAD_REQUEST', `val must be of jobs (${names.join(', ')}); received "${stranger}"`);
  }
  return planDataset({
    recordings,
    validation: query.val ? new Set(query.val) : byShare(names, query.share, jobs),
    parts: query.outputs && new Set(query.outputs),
    picturePrefix: query.picturePrefix,
  });
}

/** Jobs for validation. Those of one recording go together: else a network would be tried on frames that it has learnt. */
function byShare(names: readonly string[], share: number, { results }: DatasetParts): ReadonlySet<string> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const { input } = results(name).record;
    const key = 'media' in input ? `media ${input.media}` : `upload ${input.upload}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const ofRecordings = [...groups.values()];
  const firsts = ofRecordings.map(([first = '']) => first);
  const chosen = validationNames(firsts, { kind: 'share', share });
  return new Set(ofRecordings.filter(([first = '']) => chosen.has(first)).flat());
}
