import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { startServe } from '../support/serve.js';

/** A server of its own under its own port, folder or file; `maskcast health` finds it by what it has written down. */
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-health-'));
  // Other servers of this user say where they are elsewhere.
  env = { TMPDIR: folder, XDG_STATE_HOME: join(folder, 'state') };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function health(...args: string[]) {
  let stdout = '';
  const terminal = { stdout: { write: (text: string) => (stdout += text) }, stderr: { write: () => {} } };
  const code = await runCli(['health', '--json', ...args], { terminal, env, stop: new AbortController().signal });
  return { code, json: JSON.parse(stdout) as unknown };
}

describe('maskcast health', () => {
  it('finds a server by its folder, by its configuration, and without a word', async () => {
    const dataDir = join(folder, 'data');
    const { url, stop } = await startServe(['--on-demand'], { env, dataDir });
    const config = join(folder, 'maskcast.yaml');
    await writeFile(config, `dataDir: ${dataDir}\n`);
    for (const args of [['--data-dir', dataDir], ['--config', config], []]) {
      expect([args, await health(...args)]).toMatchObject([args, { code: 0, json: { url } }]);
    }
    await stop();
    for (const args of [['--data-dir', dataDir], []]) {
      expect([args, await health(...args)]).toMatchObject([
        args,
        { code: 1, json: { error: { code: 'UNAVAILABLE' } } },
      ]);
    }
  });

  it('says what answers no more', async () => {
    await writeFile(join(folder, 'serving.json'), JSON.stringify({ pid: 1, url: 'http://127.0.0.1:9/' }));
    const { code, json } = await health('--data-dir', folder);
    expect([code, json]).toMatchObject([
      1,
      { error: { code: 'UNAVAILABLE', message: expect.stringContaining(':9/') } },
    ]);
  });

  it('is what the image asks', async () => {
    const text = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8');
    expect(text.replaceAll('\\\n', ' ')).toMatch(/^HEALTHCHECK .* health"\]$/m);
  });
});
