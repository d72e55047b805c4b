import type { JobView } from '../http/jobs-schema.js';

/** What a follower of jobs gets, at `JOBS_SOCKET_PATH` as JSON text and at `/api/v1/jobs/events` as server-sent events. */
export type JobMessage =
  /** A job that is new or another than before; at first every one there is. */
  { readonly type: 'job'; readonly job: JobView } | { readonly type: 'removed'; readonly id: string };

/** The path of the socket that tells of jobs. Browsers allow six HTTP connections to a server, but hundreds of sockets. */
export const JOBS_SOCKET_PATH = '/ws/v1/jobs';
