import type { ErrorCode } from '../../core/errors.js';
import type { JobService } from '../services.js';
import { sendArchive } from './jobs-files.js';
import { datasetQuery, datasetView } from './jobs-schema.js';
import { type Operation, operation } from './operation.js';

const ERRORS: readonly ErrorCode[] = ['NOT_FOUND', 'CONFLICT', 'RECORD_DAMAGED', 'DATASET_INVALID'];

/** The results of several jobs as one data set for training. */
export function jobDatasetOperations(jobs: JobService): Operation[] {
  return [
    operation({
      id: 'describeDataset',
      method: 'get',
      path: '/api/v1/dataset',
      tag: 'jobs',
      summary: 'What a data set of several jobs would hold',
      description: 'Takes the same query as the archive, and refuses what that would: ask here first.',
      access: 'viewer',
      query: datasetQuery,
      responses: { 200: { description: 'Recordings by split, and what goes in', schema: datasetView } },
      errors: ERRORS,
      handle: async ({ query }) => ({ json: await jobs.describeDataset(query) }),
    }),
    operation({
      id: 'getDataset',
      method: 'get',
      path: '/api/v1/dataset.zip',
      tag: 'jobs',
      summary: 'The results of several jobs as one data set',
      description:
        'A zip archive, made while it is sent, with the files of `maskcast dataset`: names begin with the id of the job, ids ' +
        'in files are given anew, no recording is parted. All jobs must be done and have the same classes.',
      access: 'viewer',
      query: datasetQuery,
      responses: { 200: { description: 'The data set', contentType: 'application/zip' } },
      errors: ERRORS,
      handle: async ({ query, response }) => {
        await sendArchive(response, await jobs.datasetArchive(query));
        return undefined;
      },
    }),
  ];
}
