import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { ENGINE } from './engines.js';

export interface Served {
  /** Of the page, with a slash at its end. */
  readonly url: string;
  readonly dataDir: string;
  /** Resolves to the exit code. */
  stop(): Promise<number>;
}

/**
 * The whole server, as the command line starts it, in this process on a free port; stopped when the test is over. Streams
 * added at run time go to `dataDir`, a fresh folder unless one is given.
 */
export async function startServe(
  args: readonly string[],
  { env = {}, dataDir }: { readonly env?: Record<string, string>; readonly dataDir?: string } = {},
): Promise<Served> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'maskcast-data-')));
  const stopping = new AbortController();
  let announce: (line: string) => void = () => {};
  const announced = new Promise<string>((resolve) => {
    announce = resolve;
  });
  const errors: string[] = [];
  const exit = runCli(['serve', '--json', '--port', '0', '--data-dir', folder, '--log-level', 'silent', ...args], {
    terminal: {
      stdout: { write: (text) => announce(text) },
      stderr: { write: (text) => errors.push(text) },
    },
    env: { ...ENGINE, ...env },
    stop: stopping.signal,
  });
  const stop = async () => {
    stopping.abort();
    const code = await exit;
    if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
    return code;
  };
  onTestFinished(async () => {
    await stop();
  });
  const failed = exit.then((code) => Promise.reject(new Error(`serve ended with ${code}: ${errors.join('')}`)));
  const line = await Promise.race([announced, failed]);
  failed.catch(() => {}); // from here on, ending is what `stop` asks for
  const answer = JSON.parse(line) as { url?: string; error?: { message: string } };
  if (!answer.url) throw new Error(answer.error?.message ?? line);
  return { url: answer.url, dataDir: folder, stop };
}
