import type {
  DatasetView,
  JobInput,
  JobTimeline,
  JobTimes,
  JobView,
  MediaEntry,
  UploadView,
} from '../../delivery/http/jobs-schema.js';
import { JOBS_SOCKET_PATH, type JobMessage } from '../../delivery/wire/job-messages.js';
import { SUBPROTOCOL } from '../../delivery/wire/protocol.js';
import type { JobAction } from '../lib/job-words.js';
import { ApiError, base, fetchWithin, request } from './api.js';

/** Recorded video over HTTP: jobs, their results, uploads. */

export const jobsApi = {
  list: () => request<readonly JobView[]>('GET', 'api/v1/jobs'),
  add: (input: JobInput) => request<JobView>('POST', 'api/v1/jobs', input),
  remove: (id: string) => request<void>('DELETE', jobPath(id)),
  act: (id: string, action: Exclude<JobAction, 'remove'>) => request<JobView>('POST', `${jobPath(id)}/${action}`),
  media: () => request<readonly MediaEntry[]>('GET', 'api/v1/media'),
  times: (id: string) => request<JobTimes>('GET', `${jobPath(id)}/times`),
  timeline: (id: string, points: number) =>
    request<JobTimeline>('GET', `${jobPath(id)}/timeline?${new URLSearchParams({ points: String(points) })}`),
  describeDataset: (query: string, signal: AbortSignal) =>
    request<DatasetView>('GET', `api/v1/dataset?${query}`, undefined, signal),
  mask,
  upload,
  follow,
};

const jobPath = (id: string): string => `api/v1/jobs/${encodeURIComponent(id)}`;

/** Addresses that the browser itself fetches. */
export const jobUrls = {
  dataset: (query: string): string => new URL(`api/v1/dataset.zip?${query}`, base()).href,
  source: (id: string): string => new URL(`${jobPath(id)}/source`, base()).href,
  preview: (id: string, round: number): string => new URL(`${jobPath(id)}/preview?r=${round}`, base()).href,
  file(id: string, path: string, download: boolean): string {
    const query = new URLSearchParams({ path, ...(download ? { download: '1' } : {}) });
    return new URL(`${jobPath(id)}/file?${query}`, base()).href;
  },
};

/** A mask may be large and the way slow. */
const MASK_MS = 30_000;

/** @throws ApiError; `signal` aborts with code ABORTED */
function mask(id: string, number: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return fetchWithin(MASK_MS, `${jobPath(id)}/masks/${number}`, {}, signal, async (response) => {
    return new Uint8Array(await response.arrayBuffer());
  });
}

/**
 * Sends a file. XMLHttpRequest, because `fetch` does not tell how much has gone.
 * @param onSent bytes that have left, again and again
 * @throws ApiError; `signal` aborts with code ABORTED
 */
function upload(file: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<UploadView> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const fail = (code: string, message: string) => reject(new ApiError(code, message, request.status));
    request.open('POST', new URL(`api/v1/uploads?${new URLSearchParams({ name: file.name })}`, base()));
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('Accept', 'application/json');
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) return resolve(body as UploadView);
      const { code, detail } = (body ?? {}) as { code?: string; detail?: string };
      fail(code ?? 'UNEXPECTED', detail ?? `The server answered ${request.status} ${request.statusText}.`);
    };
    request.onerror = () => fail('UNREACHABLE', 'The connection broke before the whole file had gone.');
    request.onabort = () => fail('ABORTED', 'The upload was cancelled.');
    request.onloadend = () => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop);
    request.send(file);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Until the server has taken the socket; a browser waits for that as long as it takes. */
const OPEN_MS = 10_000;

/**
 * Changes of all jobs, beginning with every job there is, until the returned function is called. A WebSocket, because a browser has six
 * HTTP connections to a server: six tabs that keep one each leave none to ask anything with.
 */
function follow(on: {
  /** Connected: what was known may be old. */
  open(): void;
  job(job: JobView): void;
  removed(id: string): void;
  /** Lost or refused; nothing follows. */
  lost(): void;
}): () => void {
  const address = new URL(JOBS_SOCKET_PATH.slice(1), base());
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address, SUBPROTOCOL);
  const giveUp = setTimeout(() => socket.close(), OPEN_MS);
  socket.onopen = () => {
    clearTimeout(giveUp);
    on.open();
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as JobMessage;
    if (message.type === 'job') on.job(message.job);
    else if (message.type === 'removed') on.removed(message.id);
  };
  socket.onclose = () => {
    clearTimeout(giveUp);
    on.lost();
  };
  return () => {
    clearTimeout(giveUp);
    socket.onclose = null;
    socket.close();
  };
}
