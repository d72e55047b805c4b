import type { Response } from 'express';
import type { JobEvent, JobService } from '../services.js';

/** Proxies and browsers take a silent connection for a dead one. Milliseconds. */
const HEARTBEAT = 15_000;

/**
 * Server-sent events of jobs to one client.
 *
 * In: which jobs have changed. Out: their states. Always holds: a job that changes while the client's connection is full is sent
 * once, as it is when there is room again; memory is bounded by the number of jobs.
 */
export class JobEventStream {
  private readonly changed = new Set<string>();
  private readonly removed = new Set<string>();

  private constructor(
    private readonly jobs: JobService,
    private readonly response: Response,
  ) {}

  static open(jobs: JobService, response: Response): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no', // nginx would collect events
    });
    const stream = new JobEventStream(jobs, response);
    const unwatch = jobs.watch((event) => stream.on(event));
    const heartbeat = setInterval(() => stream.write(':\n\n'), HEARTBEAT);
    response.on('drain', () => stream.flush());
    response.once('close', () => {
      unwatch();
      clearInterval(heartbeat);
    });
    // Something has to come at once: browsers say `open` with the first bytes.
    response.write(':\n\n');
    for (const { id } of [...jobs.list()].reverse()) stream.changed.add(id);
    stream.flush();
  }

  private on(event: JobEvent): void {
    if (event.kind === 'ended') return void this.response.end();
    if (event.kind === 'changed') this.changed.add(event.id);
    else {
      this.changed.delete(event.id);
      this.removed.add(event.id);
    }
    this.flush();
  }

  private flush(): void {
    for (const id of this.removed) {
      if (!this.write(`event: removed\ndata: ${JSON.stringify({ id })}\n\n`)) return;
      this.removed.delete(id);
    }
    for (const id of this.changed) {
      if (!this.write(`event: job\ndata: ${JSON.stringify(this.jobs.get(id))}\n\n`)) return;
      this.changed.delete(id);
    }
  }

  /** @returns false where the connection takes no more now */
  private write(text: string): boolean {
    const { response } = this;
    if (response.writableEnded || response.destroyed || response.writableNeedDrain) return false;
    response.write(text);
    return true;
  }
}
