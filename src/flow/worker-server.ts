import { parentPort } from 'node:worker_threads';
import { MaskcastError, toErrorRecord } from '../core/errors.js';
import type { WorkerMethods, WorkerReply, WorkerRequest } from './worker-link.js';

/** The worker's side of a WorkerLink: answers each request with its method's result or its error. */
export function serveWorker<Methods extends WorkerMethods>(methods: Methods): void {
  const port = parentPort;
  if (!port) throw new MaskcastError('INTERNAL', 'this module runs in a worker thread only');
  port.on('message', async (request: WorkerRequest) => {
    let reply: WorkerReply;
    try {
      const method = methods[request.method] as ((argument: unknown) => unknown) | undefined;
      if (!method) throw new MaskcastError('INTERNAL', `the worker has no method "${request.method}"`);
      reply = { id: request.id, ok: true, result: await method(request.argument) };
    } catch (error) {
      reply = { id: request.id, ok: false, error: toErrorRecord(error) };
    }
    port.postMessage(reply);
  });
}
