import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import { stuckThreads, WorkerLink } from '../../../src/flow/worker-link.js';

type Methods = {
  double(value: number): number;
  refuse(why: string): never;
  never(nothing: undefined): void;
  exit(code: number): void;
  crash(why: string): void;
};

const SERVER = new URL('../../../dist/flow/worker-server.js', import.meta.url).href;
const ERRORS = new URL('../../../dist/core/errors.js', import.meta.url).href;

/** As real workers do it. */
const SCRIPT = `
import { serveWorker } from '${SERVER}';
import { MaskcastError } from '${ERRORS}';
serveWorker({
  double: (value) => value * 2,
  refuse: (why) => { throw new MaskcastError('INFERENCE_FAILED', why); },
  never: () => new Promise(() => {}),
  exit: (code) => process.exit(code),
  crash: (why) => { setImmediate(() => { throw new Error(why); }); return new Promise(() => {}); },
});
`;

let script: URL;
let link: WorkerLink<Methods>;

beforeAll(() => {
  const path = join(mkdtempSync(join(tmpdir(), 'maskcast-worker-')), 'worker.mjs');
  writeFileSync(path, SCRIPT);
  script = pathToFileURL(path);
});
afterEach(() => link.close());

const open = () => {
  link = new WorkerLink<Methods>(script, { name: 'test' });
  const lost: MaskcastError[] = [];
  link.onLost((error) => lost.push(error));
  return lost;
};

describe('a link to a worker', () => {
  it('gives each call its own answer, and typed errors as they were', async () => {
    open();
    const calls = [1, 2, 3].map((value) => link.call('double', value));
    await expect(link.call('refuse', 'shapes differ')).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: 'shapes differ',
    });
    expect(await Promise.all(calls)).toEqual([2, 4, 6]);
    await expect(link.call('nothing' as 'never', undefined)).rejects.toThrow('the worker has no method "nothing"');
  });

  it.each(['exit', 'crash'] as const)('settles every call when the worker dies (%s), and says so once', async (how) => {
    const lost = open();
    const waits = expect(link.call('never', undefined)).rejects.toMatchObject({ code: 'WORKER_LOST', retryable: true });
    const last = how === 'exit' ? link.call('exit', 3) : link.call('crash', 'out of memory');
    await expect(last).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await waits;
    await expect(link.call('double', 1)).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await link.close();
    expect(lost.map(({ message }) => message)).toEqual([
      how === 'exit' ? 'worker test died: exit code 3' : 'worker test died: out of memory',
    ]);
  });

  it('rejects what waits when it is closed, which is no loss', async () => {
    const lost = open();
    const waits = expect(link.call('never', undefined)).rejects.toMatchObject({ code: 'CLOSED' });
    await Promise.all([link.close(), link.close()]);
    await waits;
    await expect(link.call('double', 1)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(lost).toEqual([]);
  });

  it('gives up a thread without waiting for it, and counts it until it is gone', async () => {
    const lost = open();
    const waits = expect(link.call('never', undefined)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const gone = link.abandon(new MaskcastError('TIMEOUT', 'too long', { retryable: true }));
    expect(stuckThreads()).toBe(1);
    await waits;
    await gone;
    expect(stuckThreads()).toBe(0);
    expect(lost).toEqual([]);
  });
});
