#!/usr/bin/env node
import { runCli } from './cli/program.js';
import { stuckThreads } from './flow/worker-link.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second signal means: now.
    if (stop.signal.aborted) {
      endIfStuck();
      process.exit(1);
    }
    stop.abort();
  });
}

process.exitCode = await runCli(process.argv.slice(2), { terminal: process, env: process.env, stop: stop.signal });
endIfStuck();

/** Any other end would wait for threads that never come back from a network's run. */
function endIfStuck(): void {
  if (stuckThreads() > 0) process.kill(process.pid, 'SIGKILL');
}
