import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { freeMemory } from '../../../src/flow/free-memory.js';

const glibc = 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;
const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;

/** A thread that allocates 100 MB in pieces that glibc takes from the thread's own memory, lets go of them, and ends. */
const thread = () =>
  new Promise((resolve) => {
    const code = `const { Buffer } = require('node:buffer'); const kept = [];
      for (let i = 0; i < 1000; i++) kept.push(Buffer.allocUnsafeSlow(100_000).fill(1)); kept.length = 0;`;
    new Worker(code, { eval: true }).once('exit', resolve);
  });

describe('memory of threads that are gone', () => {
  it.skipIf(process.platform !== 'linux' || !glibc)('goes back to the system', async () => {
    await thread();
    const before = residentMb();
    expect(await freeMemory()).toBe(true);
    expect(before - residentMb()).toBeGreaterThan(20);
  });
});
