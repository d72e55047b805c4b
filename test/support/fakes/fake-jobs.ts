import { z } from 'zod';
import { systemClock } from '../../../src/core/clock.js';
import { MaskcastError } from '../../../src/core/errors.js';
import { ViewerLimits } from '../../../src/delivery/access/viewer-limits.js';
import {
  type JobInput,
  type JobTimeline,
  type JobTimes,
  type JobView,
  jobInput,
  type MediaEntry,
  type UploadView,
} from '../../../src/delivery/http/jobs-schema.js';
import type { Operation } from '../../../src/delivery/http/operation.js';
import { operation } from '../../../src/delivery/http/operation.js';
import type { JobEvent } from '../../../src/delivery/services.js';
import { jobSocket } from '../../../src/delivery/sockets/job-socket.js';
import type { SocketEndpoint } from '../../../src/delivery/sockets/websocket.js';
import { Listeners } from '../../../src/flow/listeners.js';
import { FAKE_MODEL } from './fake-streams.js';

/** What a finished fake job can be asked for. */
export interface FakeRecording {
  /** Path of a video file. */
  readonly source: string;
  readonly times: JobTimes;
  /** Absent where the job made no table. */
  readonly timeline?: JobTimeline;
  mask(number: number): Promise<Uint8Array>;
  /** By path in the results: path of the file. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * The jobs API over jobs that a test scripts: same paths, schemas and access as the real one, no network behind it. A job
 * changes only when a person or the test changes it.
 */
export class FakeJobs {
  readonly jobs = new Map<string, JobView>();
  readonly recordings = new Map<string, FakeRecording>();
  media: readonly MediaEntry[] = [];
  /** The newest picture of every running job. */
  preview: Buffer | undefined;
  /** Bodies of POST /api/v1/jobs, oldest first. */
  readonly added: JobInput[] = [];
  readonly uploads = new Map<string, UploadView>();
  /** Numbers of the masks that were asked for, oldest first. */
  readonly askedMasks: number[] = [];
  /** A mask is answered when this has resolved. */
  maskGate: Promise<void> = Promise.resolve();
  private readonly events = new Listeners<JobEvent>();

  put(view: JobView): void {
    this.jobs.set(view.id, view);
    this.events.emit({ kind: 'changed', id: view.id });
  }

  update(id: string, change: Partial<JobView>): JobView {
    const view = { ...this.get(id), ...change };
    this.put(view);
    return view;
  }

  get(id = ''): JobView {
    const view = this.jobs.get(id);
    if (!view) throw new MaskcastError('NOT_FOUND', `there is no job "${id}"`);
    return view;
  }

  remove(id: string): void {
    this.get(id);
    this.jobs.delete(id);
    this.events.emit({ kind: 'removed', id });
  }

  private add(input: JobInput): JobView {
    this.added.push(input);
    const { input: file } = input;
    const name = input.name ?? ('media' in file ? file.media : (this.uploads.get(file.upload)?.name ?? 'upload'));
    if (name.includes('broken')) throw new MaskcastError('NOT_VIDEO', `${name} has no video stream`);
    const base = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    const id = this.jobs.has(base) ? `${base}-${this.jobs.size}` : base;
    this.put(fakeJob({ id, name, options: input.options, position: this.jobs.size }));
    return this.get(id);
  }

  private recording(id = ''): FakeRecording {
    this.get(id);
    const found = this.recordings.get(id);
    if (!found) throw new MaskcastError('NOT_FOUND', `job "${id}" has no results`);
    return found;
  }

  /** Followed as the real ones are. */
  sockets(): SocketEndpoint[] {
    const limits = new ViewerLimits({ maxViewers: 100, maxViewersPerAddress: 100 });
    return [jobSocket(this, limits, systemClock)];
  }

  list(): readonly JobView[] {
    return [...this.jobs.values()];
  }

  watch(listener: (event: JobEvent) => void): () => void {
    return this.events.add(listener);
  }

  operations(): Operation[] {
    const get = (name: string, path: string, handle: Operation['handle'], query?: z.ZodType): Operation =>
      operation({ ...COMMON, id: name, method: 'get', path, access: 'viewer', handle, ...(query && { query }) });
    const change = (action: string, state: JobView['state']): Operation =>
      operation({
        ...COMMON,
        id: `${action}Job`,
        method: 'post',
        path: `/api/v1/jobs/{id}/${action}`,
        access: 'admin',
        handle: ({ params }) => ({ json: this.update(params.id ?? '', { state }) }),
      });
    const media = async (path: string, call: Parameters<Operation['handle']>[0]) => {
      call.response.sendFile(path, { acceptRanges: true });
      return undefined;
    };
    return [
      get('listJobs', '/api/v1/jobs', () => ({ json: [...this.jobs.values()] })),
      operation({
        ...COMMON,
        id: 'addJob',
        method: 'post',
        path: '/api/v1/jobs',
        access: 'admin',
        body: jobInput,
        handle: ({ body }) => ({ status: 201, json: this.add(body) }),
      }),
      get('getJob', '/api/v1/jobs/{id}', ({ params }) => ({ json: this.get(params.id) })),
      operation({
        ...COMMON,
        id: 'removeJob',
        method: 'delete',
        path: '/api/v1/jobs/{id}',
        access: 'admin',
        handle: ({ params }) => {
          this.remove(params.id ?? '');
          return { status: 204 };
        },
      }),
      change('pause', 'paused'),
      change('resume', 'queued'),
      change('cancel', 'cancelled'),
      change('retry', 'queued'),
      get('jobPreview', '/api/v1/jobs/{id}/preview', ({ response }) => {
        if (!this.preview) throw new MaskcastError('NOT_FOUND', 'there is no picture yet');
        response.type('image/jpeg').send(this.preview);
        return undefined;
      }),
      get(
        'jobFile',
        '/api/v1/jobs/{id}/file',
        ({ params, query, response }) => {
          const { path, download } = query as z.output<typeof fileQuery>;
          const file = this.recording(params.id).files?.[path];
          if (!file) throw new MaskcastError('NOT_FOUND', `there is no file "${path}"`);
          if (download) response.attachment(path);
          response.sendFile(file);
          return undefined;
        },
        fileQuery,
      ),
      get('jobSource', '/api/v1/jobs/{id}/source', (call) => media(this.recording(call.params.id).source, call)),
      get('jobTimeline', '/api/v1/jobs/{id}/timeline', ({ params }) => {
        const { timeline } = this.recording(params.id);
        if (!timeline) throw new MaskcastError('NOT_FOUND', 'the results hold no table');
        return { json: timeline };
      }),
      get('jobTimes', '/api/v1/jobs/{id}/times', ({ params }) => ({ json: this.recording(params.id).times })),
      get('jobMask', '/api/v1/jobs/{id}/masks/{number}', async ({ params, response }) => {
        const number = Number(params.number);
        this.askedMasks.push(number);
        await this.maskGate;
        const png = await this.recording(params.id).mask(number);
        response.type('image/png').send(Buffer.from(png));
        return undefined;
      }),
      get('describeDataset', '/api/v1/dataset', ({ query }) => {
        const jobs = (query as { jobs: string }).jobs.split(',').map((id) => this.get(id));
        const recordings = jobs.map(({ id, name, progress }, index) => {
          return { job: id, name, split: index === 0 ? 'val' : 'train', frames: progress.frames };
        });
        return { json: { recordings, outputs: ['coco'], left: [] } };
      }),
      get('listMedia', '/api/v1/media', () => ({ json: this.media })),
      operation({
        ...COMMON,
        id: 'upload',
        method: 'post',
        path: '/api/v1/uploads',
        access: 'admin',
        query: z.object({ name: z.string() }),
        handle: async ({ query, request }) => {
          let bytes = 0;
          for await (const chunk of request) bytes += (chunk as Buffer).length;
          const view = { upload: `u${this.uploads.size}`, name: query.name, bytes };
          this.uploads.set(view.upload, view);
          return { status: 201, json: view };
        },
      }),
    ];
  }
}

const COMMON = { tag: 'jobs', summary: 'as the real one', responses: { 200: { description: 'fine' } }, errors: [] };
const fileQuery = z.object({ path: z.string(), download: z.literal('1').optional() });

/** A queued job of a minute of 720p at 25 fps, but for what `change` says. */
export function fakeJob(change: Partial<JobView> & Pick<JobView, 'id'>): JobView {
  return {
    name: `${change.id}.mp4`,
    state: 'queued',
    created: Date.now(),
    options: {
      outputs: ['overlay', 'masks', 'table', 'summary'],
      policy: 'every',
      smoothing: true,
      opacity: 0.5,
      outline: false,
      legend: false,
      codec: 'h264',
    },
    model: FAKE_MODEL.name,
    video: { width: 1280, height: 720, duration: 60, codec: 'h264', frames: 1500 },
    progress: { frames: 0, expected: 1500 },
    warnings: [],
    files: [],
    ...change,
  };
}
