import type { JobEvent, JobService } from './services.js';
import type { JobMessage } from './wire/job-messages.js';

export type WatchedJobs = Pick<JobService, 'list' | 'get' | 'watch'>;

/** One follower's connection, whatever it speaks. */
export interface JobFollower {
  /** @returns false where the connection takes no more now; `flush` is called when it does again */
  send(message: JobMessage): boolean;
  /** The server stops. */
  end(): void;
}

/**
 * The jobs as one follower hears of them.
 *
 * In: which jobs have changed. Out: their states, first of every job there is. Always holds: a job that changes while the follower's
 * connection is full is sent once, as it is when there is room again; memory is bounded by the number of jobs.
 */
export class JobChanges {
  private readonly changed = new Set<string>();
  private readonly removed = new Set<string>();
  private readonly unwatch: () => void;

  constructor(
    private readonly jobs: WatchedJobs,
    private readonly follower: JobFollower,
  ) {
    this.unwatch = jobs.watch((event) => this.on(event));
    for (const { id } of [...jobs.list()].reverse()) this.changed.add(id);
  }

  /** Sends what waits, as far as it can be sent. */
  flush(): void {
    for (const id of this.removed) {
      if (!this.follower.send({ type: 'removed', id })) return;
      this.removed.delete(id);
    }
    for (const id of this.changed) {
      if (!this.follower.send({ type: 'job', job: this.jobs.get(id) })) return;
      this.changed.delete(id);
    }
  }

  /** The follower has gone. Idempotent. */
  close(): void {
    this.unwatch();
    this.changed.clear();
    this.removed.clear();
  }

  private on(event: JobEvent): void {
    if (event.kind === 'ended') {
      this.follower.end();
      return;
    }
    if (event.kind === 'changed') this.changed.add(event.id);
    else {
      this.changed.delete(event.id);
      this.removed.add(event.id);
    }
    this.flush();
  }
}
