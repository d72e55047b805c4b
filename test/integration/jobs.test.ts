import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobTimeline, JobTimes } from '../../src/delivery/jobs-schema.js';
import { clip } from '../support/clips.js';
import { JobsClient, temporaryFolder } from '../support/jobs.js';
import { startServe } from '../support/serve.js';
import { writeColorModel } from '../support/test-models.js';

const run = promisify(execFile);

let folder: string;
let modelsDir: string;
let mediaDir: string;

beforeAll(async () => {
  folder = await temporaryFolder('jobs');
  modelsDir = join(folder, 'models');
  mediaDir = join(folder, 'recordings');
  await writeColorModel(join(modelsDir, 'colors'), { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 });
  await mkdir(join(mediaDir, '2024'), { recursive: true });
  await copyFile(await clip('h264'), join(mediaDir, '2024', 'gate.mp4'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function serve(jobs: Record<string, unknown> = {}, dataDir?: string) {
  const file = join(folder, `config-${Math.random().toString(36).slice(2)}.yaml`);
  await writeFile(file, JSON.stringify({ mediaDirs: [mediaDir], jobs }));
  const served = await startServe(['--config', file, '--models-dir', modelsDir, '--model', 'colors'], {
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  return { ...served, api: new JobsClient(served.url) };
}

const GATE = { media: 'recordings/2024/gate.mp4' };

describe('a job', { timeout: 60_000 }, () => {
  it('turns a recording of a media folder into results', async () => {
    const { api } = await serve();
    const added = await api.add(GATE, { outputs: ['overlay', 'masks', 'table', 'summary'] });
    expect(added).toMatchObject({ name: 'gate', model: 'colors', video: { width: 320, height: 240, codec: 'h264' } });
    const done = await api.over(added.id);
    expect(done.error).toBeUndefined();
    expect(done).toMatchObject({ state: 'done', progress: { frames: 50, expected: 50 } });
    expect(done.files.map(({ path, kind, contentType }) => [path, kind, contentType])).toEqual([
      ['masks', 'folder', 'application/zip'],
      ['overlay.mp4', 'file', 'video/mp4'],
      ['summary.html', 'file', 'text/html; charset=utf-8'],
      ['table.csv', 'file', 'text/csv; charset=utf-8'],
      ['table.jsonl', 'file', 'application/jsonl'],
      ['table.parquet', 'file', 'application/vnd.apache.parquet'],
    ]);
    for (const { bytes } of done.files) expect(bytes).toBeGreaterThan(0);
    await results(api, added.id);
  });
});

/** What the API gives of a finished job of 50 frames. */
async function results(api: JobsClient, id: string): Promise<void> {
  const part = await api.fetch(`jobs/${id}/file?path=overlay.mp4`, { headers: { range: 'bytes=4-7' } });
  expect([part.status, part.headers.get('content-type'), await part.text()]).toEqual([206, 'video/mp4', 'ftyp']);
  const beyond = await api.fetch(`jobs/${id}/file?path=overlay.mp4`, { headers: { range: 'bytes=99999999-' } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, expect.stringMatching(/^bytes \*\/\d+$/)]);
  const saved = await api.fetch(`jobs/${id}/file?path=table.csv&download=1`);
  expect(saved.headers.get('content-disposition')).toBe('attachment; filename=gate-table.csv');
  expect((await saved.text()).split('\n')).toHaveLength(52);
  const page = await api.fetch(`jobs/${id}/file?path=summary.html`);
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  const source = Buffer.from(await (await api.fetch(`jobs/${id}/source`)).arrayBuffer());
  expect(source.equals(await readFile(join(mediaDir, '2024', 'gate.mp4')))).toBe(true);

  const times = await api.json<JobTimes>(`jobs/${id}/times`);
  expect(times.numbers).toEqual(Array.from({ length: 50 }, (_, number) => number));
  expect(times.seconds[25]).toBeCloseTo(1, 3);
  const timeline = await api.json<JobTimeline>(`jobs/${id}/timeline?points=10`);
  expect(timeline.frame).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
  expect(timeline.inferred.every(Boolean)).toBe(true);
  for (let at = 0; at < 10; at++) {
    expect(timeline.shares.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)).toBeCloseTo(1, 3);
  }

  const mask = await api.fetch(`jobs/${id}/masks/7`);
  expect(mask.headers.get('cache-control')).toMatch(/immutable/);
  expect(await sharp(Buffer.from(await mask.arrayBuffer())).metadata()).toMatchObject({ width: 320, height: 240 });
  const known = { headers: { 'if-none-match': mask.headers.get('etag') ?? '', 'cache-control': 'max-age=0' } };
  expect((await api.fetch(`jobs/${id}/masks/7`, known)).status).toBe(304);
  expect((await api.fetch(`jobs/${id}/masks/50`)).status).toBe(404);

  const zip = join(folder, 'masks.zip');
  const archive = await api.fetch(`jobs/${id}/file?path=masks`);
  expect(archive.headers.get('content-disposition')).toBe('attachment; filename=gate-masks.zip');
  await writeFile(zip, Buffer.from(await archive.arrayBuffer()));
  const { stdout } = await run('python3', [
    '-c',
    'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()), z.namelist()[0])',
    zip,
  ]);
  expect(stdout.trim()).toBe('None 50 masks/frame_000000_pts0.png');
  for (const path of [
    '../job.json',
    'masks/../../job.json',
    '/etc/passwd',
    'masks//x',
    '..',
    '%2e%2e/job.json',
    'none',
  ]) {
    const escaped = await api.fetch(`jobs/${id}/file?path=${encodeURIComponent(path)}`);
    expect([path, escaped.status]).toEqual([path, 404]);
  }
}
