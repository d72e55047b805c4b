import { signal } from '@preact/signals';
import type { JobFields } from '../lib/job-form.js';
import { toJobInput } from '../lib/job-form.js';
import { UploadRate } from '../lib/upload-rate.js';
import { ApiError } from '../transport/api.js';
import { jobsApi } from '../transport/jobs-api.js';
import { addJob } from './jobs.js';
import { notify } from './notices.js';

/**
 * Files on their way to the server, one after the other, each to become a job when it has arrived. They go on while the
 * person looks at other parts of the page; leaving the page itself would end them, and the browser asks first.
 */

export interface UploadItem {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly sent: number;
  /** Bytes a second; absent before it is known. */
  readonly rate: number | undefined;
  readonly state: 'waiting' | 'sending' | 'checking' | 'failed';
  readonly error: ApiError | undefined;
}

interface Entry {
  readonly file: File;
  readonly fields: JobFields;
  readonly stop: AbortController;
}

export const uploads = signal<readonly UploadItem[]>([]);

const entries = new Map<number, Entry>();
let lastId = 0;
let sending = false;

export function enqueueUploads(files: readonly File[], fields: JobFields): void {
  const items = files.map((file): UploadItem => {
    lastId += 1;
    entries.set(lastId, { file, fields, stop: new AbortController() });
    return {
      id: lastId,
      name: file.name,
      bytes: file.size,
      sent: 0,
      rate: undefined,
      state: 'waiting',
      error: undefined,
    };
  });
  uploads.value = [...uploads.value, ...items];
  void sendAll();
}

/** Ends an upload, or takes a failed one off the list. */
export function dropUpload(id: number): void {
  entries.get(id)?.stop.abort();
  entries.delete(id);
  uploads.value = uploads.value.filter((item) => item.id !== id);
}

export function retryUpload(id: number): void {
  const entry = entries.get(id);
  if (!entry) return;
  entries.set(id, { ...entry, stop: new AbortController() });
  change(id, { state: 'waiting', sent: 0, rate: undefined, error: undefined });
  void sendAll();
}

async function sendAll(): Promise<void> {
  if (sending) return;
  sending = true;
  window.addEventListener('beforeunload', askFirst);
  try {
    for (let next = firstWaiting(); next !== undefined; next = firstWaiting()) await send(next);
  } finally {
    sending = false;
    window.removeEventListener('beforeunload', askFirst);
  }
}

const firstWaiting = (): number | undefined => uploads.value.find(({ state }) => state === 'waiting')?.id;

async function send(id: number): Promise<void> {
  const entry = entries.get(id);
  if (!entry) return;
  const { file, fields, stop } = entry;
  const rate = new UploadRate();
  rate.add(performance.now(), 0);
  change(id, { state: 'sending' });
  const onSent = (sent: number) => {
    rate.add(performance.now(), sent);
    // The last byte has gone: now the server looks whether it is a video.
    change(id, { sent, rate: rate.perSecond, state: sent >= file.size ? 'checking' : 'sending' });
  };
  try {
    const { upload, name } = await jobsApi.upload(file, onSent, stop.signal);
    const job = await addJob(toJobInput({ upload }, name, fields));
    dropUpload(id);
    notify('good', `${job.name} has arrived and is queued.`);
  } catch (error) {
    if (stop.signal.aborted) return;
    change(id, {
      state: 'failed',
      error: error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0),
    });
  }
}

function change(id: number, values: Partial<UploadItem>): void {
  uploads.value = uploads.value.map((item) => (item.id === id ? { ...item, ...values } : item));
}

function askFirst(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
