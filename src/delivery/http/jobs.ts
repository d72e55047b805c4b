import { z } from 'zod';
import type { ErrorCode } from '../../core/errors.js';
import type { ViewerLimits } from '../access/viewer-limits.js';
import type { JobService } from '../services.js';
import { JOBS_SOCKET_PATH } from '../wire/job-messages.js';
import { sendJobEvents } from './jobs-events.js';
import { jobParams } from './jobs-params.js';
import { jobInput, jobView } from './jobs-schema.js';
import { type Operation, operation } from './operation.js';

/** Jobs: list, add, change, remove, and hear of them. */
export function jobOperations(jobs: JobService, limits: ViewerLimits): Operation[] {
  return [
    operation({
      id: 'listJobs',
      method: 'get',
      path: '/api/v1/jobs',
      tag: 'jobs',
      summary: 'All jobs, newest first',
      access: 'viewer',
      responses: { 200: { description: 'All jobs', schema: z.array(jobView) } },
      errors: [],
      handle: () => ({ json: jobs.list() }),
    }),
    operation({
      id: 'addJob',
      method: 'post',
      path: '/api/v1/jobs',
      tag: 'jobs',
      summary: 'Process a recording',
      description: 'The job waits for its turn; it is kept, and goes on, across restarts of the server.',
      access: 'admin',
      body: jobInput,
      responses: { 201: { description: 'Added; `Location` has its address', schema: jobView } },
      errors: [
        ...(['NOT_FOUND', 'MODEL_NOT_FOUND', 'NOT_VIDEO', 'CORRUPT', 'CODEC_UNSUPPORTED'] as const),
        ...(['SIZE_UNSUPPORTED', 'FFMPEG_FAILED', 'TIMEOUT', 'DISK_FULL', 'UNAVAILABLE'] as const),
      ],
      handle: async ({ body }) => {
        const view = await jobs.add(body);
        return { status: 201, headers: { Location: `jobs/${view.id}` }, json: view };
      },
    }),
    watchOperation(jobs, limits),
    operation({
      id: 'getJob',
      method: 'get',
      path: '/api/v1/jobs/{id}',
      params: jobParams,
      tag: 'jobs',
      summary: 'One job',
      access: 'viewer',
      responses: { 200: { description: 'The job', schema: jobView } },
      errors: ['NOT_FOUND'],
      handle: ({ params }) => ({ json: jobs.get(params.id ?? '') }),
    }),
    operation({
      id: 'removeJob',
      method: 'delete',
      path: '/api/v1/jobs/{id}',
      params: jobParams,
      tag: 'jobs',
      summary: 'Remove a job with its results',
      description: 'Stops it first where it runs. The recording itself stays.',
      access: 'admin',
      responses: { 204: { description: 'Removed' } },
      errors: ['NOT_FOUND'],
      handle: async ({ params }) => {
        await jobs.remove(params.id ?? '');
        return { status: 204 };
      },
    }),
    ...controlOperations(jobs),
  ];
}

function watchOperation(jobs: JobService, limits: ViewerLimits): Operation {
  return operation({
    id: 'watchJobs',
    method: 'get',
    path: '/api/v1/jobs/events',
    tag: 'jobs',
    summary: 'All jobs, and every change of them, as they happen',
    description:
      'Server-sent events: `job` carries a whole Job, first of every one there is, then of each that changes (its ' +
      'progress at most four times a second); `removed` carries `{"id": …}`. A client that reads slowly skips to the ' +
      'newest state. Browsers allow six such connections to a server, over all tabs: pages use the WebSocket ' +
      `${JOBS_SOCKET_PATH}, which sends \`{"type": "job", "job": …}\` and \`{"type": "removed", "id": …}\`.`,
    access: 'viewer',
    responses: { 200: { description: 'Events', contentType: 'text/event-stream' } },
    errors: ['UNAVAILABLE'],
    handle: ({ request, response, address }) => {
      const leave = limits.enter(address);
      response.once('close', leave);
      sendJobEvents(jobs, response);
      if (request.method === 'HEAD') response.end();
      return undefined;
    },
  });
}

function controlOperations(jobs: JobService): Operation[] {
  return [
    control(jobs, 'pause', 'Pause a job', 'Of a queued or running job. The segments that are finished are kept.'),
    control(jobs, 'resume', 'Go on with a paused job', 'It takes its old place in the queue.'),
    control(jobs, 'cancel', 'Give a job up', 'Of a queued, running or paused job. Nothing but its record is kept.'),
    control(
      jobs,
      'retry',
      'Try a job again',
      'Of a failed or cancelled job. What was kept before a full disk is used again; otherwise it begins anew.',
    ),
  ];
}

const CONTROL_ERRORS: readonly ErrorCode[] = ['NOT_FOUND', 'CONFLICT', 'RECORD_DAMAGED', 'DISK_FULL', 'UNAVAILABLE'];

function control(
  jobs: JobService,
  action: Parameters<JobService['control']>[1],
  summary: string,
  description: string,
): Operation {
  return operation({
    id: `${action}Job`,
    method: 'post',
    path: `/api/v1/jobs/{id}/${action}`,
    params: jobParams,
    tag: 'jobs',
    summary,
    description: `${description} Answers when it is done.`,
    access: 'admin',
    responses: { 200: { description: 'The job as it is now', schema: jobView } },
    errors: CONTROL_ERRORS,
    handle: async ({ params }) => ({ json: await jobs.control(params.id ?? '', action) }),
  });
}
