import type {
  ModelView,
  Problem,
  SessionView,
  SourceInfoView,
  SourceInput,
  StreamChange,
  StreamInput,
  StreamView,
} from '../../delivery/http/api-schema.js';
import { Deadline } from './deadline.js';

/** The server's HTTP interface as the page uses it. The cookie that `signIn` got speaks for every later request. */

/** A refusal in the server's own words, or why it could not be asked. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** Stable code of the server; `UNREACHABLE` where it gave no answer, `UNEXPECTED` where it gave none of its own. */
    readonly code: string,
    message: string,
    /** HTTP status; 0 without an answer. */
    readonly status: number,
    /** What does not fit in the body, by field. */
    readonly issues: readonly { readonly path: string; readonly message: string }[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Where the page lies: a reverse proxy may put the whole server below a path. */
export const base = (): URL => new URL('.', document.baseURI);

export const api = {
  session: () => request<SessionView>('GET', 'api/v1/session'),
  signIn: (token: string, framed: boolean) => request<SessionView>('POST', 'api/v1/session', { token, framed }),
  signOut: () => request<void>('DELETE', 'api/v1/session'),
  streams: () => request<readonly StreamView[]>('GET', 'api/v1/streams'),
  addStream: (input: StreamInput) => request<StreamView>('POST', 'api/v1/streams', input),
  changeStream: (id: string, change: StreamChange) => request<StreamView>('PATCH', streamPath(id), change),
  removeStream: (id: string) => request<void>('DELETE', streamPath(id)),
  probe: (source: SourceInput, signal: AbortSignal) => request<SourceInfoView>('POST', 'api/v1/probe', source, signal),
  models: () => request<readonly ModelView[]>('GET', 'api/v1/models'),
};

const streamPath = (id: string): string => `api/v1/streams/${encodeURIComponent(id)}`;

/** What the server knows, it says at once; what it has to do first (probe a camera, load a network) may take its time. */
const ASKED_MS = 8_000;
const ORDERED_MS = 90_000;

/** @throws ApiError */
export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, headers: { accept: 'application/json' } };
  if (body !== undefined) {
    init.headers = { ...init.headers, 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  return fetchWithin(method === 'GET' ? ASKED_MS : ORDERED_MS, path, init, signal, async (response) => {
    return (response.status === 204 ? undefined : await response.json()) as T;
  });
}

/** @param limit ms until the answer has arrived whole. @throws ApiError; `signal` aborts with code ABORTED */
export async function fetchWithin<T>(
  limit: number,
  path: string,
  init: RequestInit,
  signal: AbortSignal | undefined,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(limit, signal);
  try {
    const response = await fetch(new URL(path, base()), { ...init, signal: deadline.signal });
    if (response.ok) return await read(response);
    throw await refusal(response);
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    if (signal?.aborted) throw new ApiError('ABORTED', 'The request was cancelled.', 0, [], { cause });
    throw new ApiError('UNREACHABLE', 'The server does not answer.', 0, [], { cause });
  } finally {
    deadline.met();
  }
}

/** What an answer that is no success says. */
export async function refusal(response: Response): Promise<ApiError> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/problem+json')) {
    const problem = (await response.json()) as Problem;
    return new ApiError(problem.code, problem.detail, response.status, problem.errors ?? []);
  }
  return new ApiError('UNEXPECTED', `The server answered ${response.status} ${response.statusText}.`, response.status);
}
