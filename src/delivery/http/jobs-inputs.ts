import { z } from 'zod';
import type { JobService } from '../services.js';
import { mediaEntry, uploadView } from './jobs-schema.js';
import { type Operation, operation } from './operation.js';

/** Where recordings come from: folders of the server, and uploads. */
export function jobInputOperations(jobs: JobService): Operation[] {
  return [
    operation({
      id: 'listMedia',
      method: 'get',
      path: '/api/v1/media',
      tag: 'jobs',
      summary: 'Recordings on the server',
      description: 'Those below `mediaDirs`, by path; at most 5000.',
      access: 'admin',
      responses: { 200: { description: 'Recordings', schema: z.array(mediaEntry) } },
      errors: [],
      handle: async () => ({ json: await jobs.media() }),
    }),
    operation({
      id: 'addUpload',
      method: 'post',
      path: '/api/v1/uploads',
      tag: 'jobs',
      summary: 'Send a recording',
      description:
        'The body is the file as it is. It is probed when it is there, and removed after a day unless a job uses it. ' +
        'At most `jobs.maxUpload` bytes.',
      access: 'admin',
      query: z.object({
        name: z.string().min(1).max(255).meta({ description: "The file's name", example: 'gate.mp4' }),
      }),
      upload: true,
      responses: { 201: { description: 'Give `upload` to a job', schema: uploadView } },
      errors: [
        ...(['NOT_VIDEO', 'CORRUPT', 'CODEC_UNSUPPORTED', 'SIZE_UNSUPPORTED', 'FFMPEG_FAILED', 'TIMEOUT'] as const),
        ...(['TOO_LARGE', 'DISK_FULL'] as const),
      ],
      handle: async ({ query, request, response, signal }) => {
        const length = request.headers['content-length'];
        // What is refused is not read to its end: the connection goes with it.
        response.once('finish', () => {
          if (!request.complete) request.destroy();
        });
        const view = await jobs.upload({
          name: query.name,
          body: request,
          length: length === undefined ? undefined : Number(length),
          signal,
        });
        return { status: 201, json: view };
      },
    }),
  ];
}
