import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReadiness } from '../../../src/app/readiness.js';
import * as durable from '../../../src/flow/durable.js';
import { ManualClock } from '../../support/fakes/manual-clock.js';
import { temporaryFolder } from '../../support/jobs.js';

vi.mock(import('../../../src/flow/durable.js'), { spy: true });

let folder: string;
let clock: ManualClock;
const workers = { ready: 1 };

beforeEach(async () => {
  folder = await temporaryFolder('ready');
  clock = new ManualClock();
  workers.ready = 1;
  await mkdir(join(folder, 'state'));
  for (const tool of ['ffmpeg', 'ffprobe']) {
    await writeFile(join(folder, tool), '#!/bin/sh\necho "version 7.1"\n');
    await chmod(join(folder, tool), 0o755);
  }
});
afterEach(async () => {
  vi.mocked(durable.freeBytes).mockReset();
  await rm(folder, { recursive: true, force: true });
});

const readiness = () =>
  createReadiness({
    models: { loaded: [{ health: () => workers }] },
    tools: [join(folder, 'ffmpeg'), join(folder, 'ffprobe')],
    folders: () => [join(folder, 'state')],
    clock,
  });

/** The trouble of each part that is not ready. */
async function troubles(report: ReturnType<typeof readiness>): Promise<Record<string, string | undefined>> {
  await clock.advance(2000);
  const { ready, checks } = await report();
  const wrong = Object.entries(checks).filter(([, { ok }]) => !ok);
  expect(ready).toBe(wrong.length === 0);
  return Object.fromEntries(wrong.map(([part, { detail }]) => [part, detail]));
}

describe('readiness', () => {
  it('looks at workers, ffmpeg, store and disk, and comes back with each', async () => {
    const report = readiness();
    expect(Object.keys((await report()).checks)).toEqual(['inference', 'ffmpeg', 'store', 'disk']);
    expect(await troubles(report)).toEqual({});
    workers.ready = 0;
    expect(await troubles(report)).toEqual({ inference: 'no inference worker is ready' });
    workers.ready = 1;
    await rename(join(folder, 'ffprobe'), join(folder, 'gone'));
    expect(await troubles(report)).toEqual({ ffmpeg: expect.stringContaining('FFMPEG_MISSING') });
    await rename(join(folder, 'gone'), join(folder, 'ffprobe'));
    vi.mocked(durable.freeBytes).mockResolvedValue(1000);
    expect(await troubles(report)).toEqual({ disk: expect.stringMatching(/^1000 bytes are free/) });
    vi.mocked(durable.freeBytes).mockReset();
    await rename(join(folder, 'state'), join(folder, 'away'));
    const lost = await troubles(report);
    expect(lost).toEqual({ store: expect.stringContaining('ENOENT'), disk: 'the disk cannot be looked at' });
    // Everybody may ask.
    expect(JSON.stringify(lost)).not.toContain(folder);
    await rename(join(folder, 'away'), join(folder, 'state'));
    expect(await troubles(report)).toEqual({});
  });

  it('takes a part that does not answer for one that is not ready', async () => {
    vi.mocked(durable.freeBytes).mockReturnValue(new Promise(() => {}));
    const asked = readiness()();
    await clock.advance(4000);
    expect((await asked).checks.disk).toEqual({ ok: false, detail: 'the disk does not answer' });
  });

  it('looks once for all who ask in the same two seconds', async () => {
    const report = readiness();
    const first = report();
    expect(report()).toBe(first);
    await first;
    await clock.advance(1999);
    expect(report()).toBe(first);
    await clock.advance(1);
    expect(report()).not.toBe(first);
  });
});
