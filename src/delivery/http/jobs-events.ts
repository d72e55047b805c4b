import type { Response } from 'express';
import { JobChanges } from '../job-changes.js';
import type { JobService } from '../services.js';
import type { JobMessage } from '../wire/job-messages.js';

/** Proxies and browsers take a silent connection for a dead one. Milliseconds. */
const HEARTBEAT = 15_000;

/** Tells one client of jobs as server-sent events, until it leaves or the server stops. */
export function sendJobEvents(jobs: JobService, response: Response): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no', // nginx would collect events
  });
  const write = (text: string): boolean => {
    if (response.writableEnded || response.destroyed || response.writableNeedDrain) return false;
    response.write(text);
    return true;
  };
  const changes = new JobChanges(jobs, { send: (message) => write(asEvent(message)), end: () => response.end() });
  const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT);
  response.on('drain', () => changes.flush());
  response.once('close', () => {
    changes.close();
    clearInterval(heartbeat);
  });
  // Something has to come at once: browsers say `open` with the first bytes.
  response.write(':\n\n');
  changes.flush();
}

function asEvent(message: JobMessage): string {
  const data = message.type === 'job' ? message.job : { id: message.id };
  return `event: ${message.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
