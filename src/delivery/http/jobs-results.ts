import { z } from 'zod';
import { MaskcastError } from '../../core/errors.js';
import type { JobService } from '../services.js';
import { sendFile, sendFolder } from './jobs-files.js';
import { jobParams, maskParams } from './jobs-params.js';
import { jobTimeline, jobTimes } from './jobs-schema.js';
import { type Operation, operation } from './operation.js';

/** What comes out of jobs: previews while they run, then files and what a player needs of them. */
export function jobResultOperations(jobs: JobService): Operation[] {
  return [previewOperation(jobs), ...fileOperations(jobs), ...playerOperations(jobs)];
}

function previewOperation(jobs: JobService): Operation {
  return operation({
    id: 'getJobPreview',
    method: 'get',
    path: '/api/v1/jobs/{id}/preview',
    params: jobParams,
    tag: 'jobs',
    summary: 'The newest picture of a running job, with the overlay drawn',
    description:
      'A JPEG of at most 640 pixels a side. At most two pictures a second are made, and none unless somebody has asked ' +
      'in the last five seconds: the first request of all answers NOT_FOUND.',
    access: 'viewer',
    responses: { 200: { description: 'A JPEG', contentType: 'image/jpeg' } },
    errors: ['NOT_FOUND'],
    handle: ({ params, response }) => {
      const picture = jobs.preview(params.id ?? '');
      response.set('Cache-Control', 'no-store').type('image/jpeg').send(Buffer.from(picture));
      return undefined;
    },
  });
}

function fileOperations(jobs: JobService): Operation[] {
  return [
    operation({
      id: 'getJobFile',
      method: 'get',
      path: '/api/v1/jobs/{id}/file',
      params: jobParams,
      tag: 'jobs',
      summary: 'One result',
      description: 'Of a folder: a zip archive of it, made while it is sent. Files can be asked for in parts (Range).',
      access: 'viewer',
      query: z.object({
        path: z
          .string()
          .min(1)
          .max(1024)
          .meta({ description: "`path` of one of the job's files, or a file below one" }),
        download: z.enum(['0', '1']).default('0').meta({ description: '1: browsers save it rather than show it' }),
      }),
      responses: {
        200: { description: 'The file', contentType: 'application/octet-stream' },
        206: { description: 'The part of it that was asked for', contentType: 'application/octet-stream' },
      },
      errors: ['NOT_FOUND', 'CONFLICT'],
      handle: async ({ params, query, response }) => {
        const found = await jobs.result(params.id ?? '', query.path);
        if (found.kind === 'folder') await sendFolder(response, found);
        else await sendFile(response, found, { download: query.download === '1' });
        return undefined;
      },
    }),
    operation({
      id: 'getJobSource',
      method: 'get',
      path: '/api/v1/jobs/{id}/source',
      params: jobParams,
      tag: 'jobs',
      summary: 'The recording itself',
      description: 'Can be asked for in parts (Range).',
      access: 'viewer',
      responses: {
        200: { description: 'The recording', contentType: 'application/octet-stream' },
        206: { description: 'The part of it that was asked for', contentType: 'application/octet-stream' },
      },
      errors: ['NOT_FOUND'],
      handle: async ({ params, response }) => {
        await sendFile(response, await jobs.source(params.id ?? ''));
        return undefined;
      },
    }),
  ];
}

function playerOperations(jobs: JobService): Operation[] {
  return [
    operation({
      id: 'getJobTimeline',
      method: 'get',
      path: '/api/v1/jobs/{id}/timeline',
      params: jobParams,
      tag: 'jobs',
      summary: 'Class shares over time',
      description: 'Needs the output `table`.',
      access: 'viewer',
      query: z.object({
        points: z.coerce.number().int().min(1).max(10_000).default(1000).meta({ description: 'Most points' }),
      }),
      responses: { 200: { description: 'Columns of equal length', schema: jobTimeline } },
      errors: ['NOT_FOUND', 'CONFLICT'],
      handle: async ({ params, query }) => ({ json: await jobs.timeline(params.id ?? '', query.points) }),
    }),
    operation({
      id: 'getJobTimes',
      method: 'get',
      path: '/api/v1/jobs/{id}/times',
      params: jobParams,
      tag: 'jobs',
      summary: 'The times of all frames',
      description: 'Needs the output `table` or `masks`.',
      access: 'viewer',
      responses: { 200: { description: 'Columns of equal length', schema: jobTimes } },
      errors: ['NOT_FOUND', 'CONFLICT'],
      handle: async ({ params }) => ({ json: await jobs.times(params.id ?? '') }),
    }),
    operation({
      id: 'getJobMask',
      method: 'get',
      path: '/api/v1/jobs/{id}/masks/{number}',
      params: maskParams,
      tag: 'jobs',
      summary: 'The mask of one frame',
      description:
        "An indexed PNG of the video's size: pixel values are class ids. Needs the output `masks`. Never changes.",
      access: 'viewer',
      responses: { 200: { description: 'A PNG', contentType: 'image/png' } },
      errors: ['NOT_FOUND', 'CONFLICT'],
      handle: async ({ params, response }) => {
        const number = Number(params.number);
        if (!/^\d{1,9}$/.test(params.number ?? '')) {
          throw new MaskcastError('BAD_REQUEST', 'the number of a frame is a whole number from 0');
        }
        await sendFile(response, await jobs.mask(params.id ?? '', number), { immutable: true });
        return undefined;
      },
    }),
  ];
}
