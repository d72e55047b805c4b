import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobInput, JobOptions, JobState, JobView } from '../../src/delivery/http/jobs-schema.js';

/** A client of the jobs API as tests need it. `url` ends with a slash. */
export class JobsClient {
  constructor(
    private readonly url: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}api/v1/${path}`, { ...init, headers: { ...this.headers, ...init.headers } });
  }

  post(path: string, body?: unknown): Promise<Response> {
    if (body === undefined) return this.fetch(path, { method: 'POST' });
    return this.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async json<T>(path: string): Promise<T> {
    const response = await this.fetch(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  job(id: string): Promise<JobView> {
    return this.json<JobView>(`jobs/${id}`);
  }

  async add(input: JobInput['input'], options: Partial<JobOptions> = {}, name?: string): Promise<JobView> {
    const response = await this.post('jobs', { input, options, ...(name === undefined ? {} : { name }) });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as JobView;
  }

  async upload(name: string, body: BodyInit): Promise<Response> {
    return this.fetch(`uploads?name=${encodeURIComponent(name)}`, { method: 'POST', body });
  }

  /** Follows the job by its events until it is in `state`, or in one that it can't leave by itself. */
  async until(id: string, wanted: (job: JobView) => boolean): Promise<JobView> {
    const leaving = new AbortController();
    try {
      for await (const { event, data } of events(await this.fetch('jobs/events', { signal: leaving.signal }))) {
        const job = data as JobView;
        if (event === 'job' && job.id === id && wanted(job)) return job;
      }
    } finally {
      leaving.abort();
    }
    throw new Error(`the events ended before ${id} was as wanted`);
  }

  over(id: string): Promise<JobView> {
    const ends: readonly JobState[] = ['done', 'failed', 'cancelled'];
    return this.until(id, ({ state }) => ends.includes(state));
  }
}

export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Server-sent events of a response, comments left out. */
export async function* events(response: Response): AsyncGenerator<ServerEvent, void, undefined> {
  if (!response.body) throw new Error(`no body: ${response.status}`);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data !== undefined) yield { event: field('event') ?? 'message', data: JSON.parse(data) as unknown };
    }
  }
}

export const temporaryFolder = (name: string): Promise<string> => mkdtemp(join(tmpdir(), `maskcast-${name}-`));
