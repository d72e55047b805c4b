#!/usr/bin/env node
import { runCli } from './cli/program.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second signal means: now.
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  });
}

process.exitCode = await runCli(process.argv.slice(2), { terminal: process, env: process.env, stop: stop.signal });
