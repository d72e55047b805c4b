import { type Transferable, Worker } from 'node:worker_threads';
import { type ErrorRecord, fromErrorRecord, MaskcastError } from '../core/errors.js';
import { built } from './built.js';
import { Listeners } from './listeners.js';

/** Methods of a worker: name → (argument) → result. Arguments and results must survive structured clone. */
export type WorkerMethods = Record<string, (argument: never) => unknown>;

export interface WorkerRequest {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorRecord };

/**
 * Calls into one worker thread and waits for its answers. Always holds: every call settles, also when the worker dies
 * (WORKER_LOST, retryable) or the link is closed (CLOSED). Bulk data goes through shared memory, never in an argument.
 */
export class WorkerLink<Methods extends WorkerMethods> {
  private readonly worker: Worker;
  private readonly pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  private readonly lost = new Listeners<MaskcastError>();
  private nextId = 0;
  private end: MaskcastError | undefined;
  private readonly exited: Promise<void>;
  private hasExited = false;

  constructor(script: URL, options: { readonly name: string; readonly workerData?: unknown }) {
    this.worker = new Worker(built(script), { workerData: options.workerData, name: options.name });
    this.worker.on('message', (reply: WorkerReply) => this.settle(reply));
    this.worker.on('error', (error) => this.finish(lostError(options.name, error)));
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.finish(lostError(options.name, new Error(`exit code ${code}`)));
        this.hasExited = true;
        stuck.delete(this);
        resolve();
      });
    });
  }

  call<Name extends keyof Methods & string>(
    method: Name,
    argument: Parameters<Methods[Name]>[0],
    transfer: readonly Transferable[] = [],
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    if (this.end) return Promise.reject(this.end);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      const request: WorkerRequest = { id, method, argument };
      this.worker.postMessage(request, [...transfer]);
    });
  }

  /** Called once if the worker dies by itself. */
  onLost(listener: (error: MaskcastError) => void): () => void {
    return this.lost.add(listener);
  }

  /** Idempotent. Pending calls reject with CLOSED; resolves when the thread is gone. */
  async close(): Promise<void> {
    this.end ??= new MaskcastError('CLOSED', 'the worker was closed');
    this.rejectPending(this.end);
    await this.worker.terminate();
    await this.exited;
  }

  /**
   * Gives the thread up without waiting for it: native code that never comes back can't be torn out of its thread. Pending calls
   * reject with `reason`. @returns resolves when the thread is gone after all
   */
  abandon(reason: MaskcastError): Promise<void> {
    this.end ??= reason;
    this.rejectPending(reason);
    if (!this.hasExited) stuck.add(this);
    this.worker.unref();
    void this.worker.terminate();
    return this.exited;
  }

  private settle(reply: WorkerReply): void {
    const call = this.pending.get(reply.id);
    if (!call) return;
    this.pending.delete(reply.id);
    if (reply.ok) call.resolve(reply.result as never);
    else call.reject(fromErrorRecord(reply.error));
  }

  private finish(error: MaskcastError): void {
    if (this.end) return;
    this.end = error;
    this.rejectPending(error);
    this.lost.emit(error);
  }

  private rejectPending(error: MaskcastError): void {
    const calls = [...this.pending.values()];
    this.pending.clear();
    for (const call of calls) call.reject(error);
  }
}

/** Threads that were given up and still run: the process can't end in good order, since it would wait for them. */
const stuck = new Set<unknown>();
export const stuckThreads = (): number => stuck.size;

function lostError(name: string, cause: Error): MaskcastError {
  return new MaskcastError('WORKER_LOST', `worker ${name} died: ${cause.message}`, { retryable: true, cause });
}
