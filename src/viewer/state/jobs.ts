import { computed, signal } from '@preact/signals';
import type { JobInput, JobView } from '../../delivery/http/jobs-schema.js';
import type { JobAction } from '../lib/job-words.js';
import { ApiError } from '../transport/api.js';
import { jobsApi } from '../transport/jobs-api.js';
import { notify } from './notices.js';
import { signedOut } from './session.js';

/** All jobs of the server: a list to begin with, then every change as the server tells it. */

const byId = signal<ReadonlyMap<string, JobView> | undefined>(undefined);
/** Why what is on screen may be old. */
export const jobsTrouble = signal<ApiError | undefined>(undefined);

/** Running first, then those that wait in their order, then the rest, newest first. */
export const jobs = computed<readonly JobView[] | undefined>(() => {
  const known = byId.value;
  return known && [...known.values()].sort((a, b) => rank(a) - rank(b) || within(a, b));
});

const RANKS: Readonly<Record<JobView['state'], number>> = {
  running: 0,
  queued: 1,
  paused: 2,
  done: 3,
  failed: 3,
  cancelled: 3,
};

const rank = ({ state }: JobView): number => RANKS[state];

function within(a: JobView, b: JobView): number {
  if (a.state === 'queued' && b.state === 'queued') return (a.position ?? 0) - (b.position ?? 0);
  return (b.finished ?? b.created) - (a.finished ?? a.created) || a.id.localeCompare(b.id);
}

export const runningJobs = computed(() => jobs.value?.filter(({ state }) => state === 'running').length ?? 0);

export const jobOf = (id: string): JobView | undefined => byId.value?.get(id);

/** After a loss or refusal the jobs are asked for, and followed again this much later. */
const RETRY_MS = 4_000;

/** Follows the jobs until the returned function is called. */
export function watchJobs(): () => void {
  let stop = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const again = () => {
    // A server that knows no jobs will not learn them.
    if (!over && jobsTrouble.value?.status !== 404) timer = setTimeout(follow, RETRY_MS);
  };
  const follow = () => {
    stop = jobsApi.follow({
      open: () => void refreshJobs(),
      job(job) {
        tellEnd(jobOf(job.id), job);
        put(job);
      },
      removed: (id) => forget(id),
      lost() {
        jobsTrouble.value ??= new ApiError('UNREACHABLE', 'The server does not answer.', 0);
        void refreshJobs().then(again);
      },
    });
  };
  follow();
  return () => {
    over = true;
    stop();
    clearTimeout(timer);
  };
}

export async function refreshJobs(): Promise<void> {
  try {
    const list = await jobsApi.list();
    byId.value = new Map(list.map((job) => [job.id, job]));
    jobsTrouble.value = undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) signedOut();
    else jobsTrouble.value = error;
  }
}

/** Jobs take long: people are elsewhere on the page when one ends. */
function tellEnd(before: JobView | undefined, { state, name }: JobView): void {
  if (before === undefined || before.state === state) return;
  if (state === 'done') notify('good', `${name} is done.`);
  if (state === 'failed') notify('bad', `${name} could not be finished.`);
}

function put(job: JobView): void {
  byId.value = new Map(byId.value).set(job.id, job);
}

function forget(id: string): void {
  const next = new Map(byId.value);
  if (next.delete(id)) byId.value = next;
}

/** @throws ApiError */
export async function addJob(input: JobInput): Promise<JobView> {
  const job = await jobsApi.add(input);
  put(job);
  return job;
}

/** @throws ApiError */
export async function act(job: JobView, action: JobAction): Promise<void> {
  if (action === 'remove') {
    await jobsApi.remove(job.id);
    forget(job.id);
  } else {
    put(await jobsApi.act(job.id, action));
  }
}
