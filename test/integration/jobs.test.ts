import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerProcess } from '../../src/cli/process/process.js';
import type {
  JobOptions,
  JobTimeline,
  JobTimes,
  JobView,
  MediaEntry,
  UploadView,
} from '../../src/delivery/http/jobs-schema.js';
import { runCommand } from '../support/commands.js';
import { problemCode } from '../support/delivery.js';
import { events, JobsClient, temporaryFolder } from '../support/jobs.js';
import { type ClipName, clip } from '../support/media/clips.js';
import { digests } from '../support/process-command.js';
import { startServe } from '../support/serve.js';
import { writeColorModel } from '../support/test-models.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

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
  await copyFile(await clip('many_frames'), join(mediaDir, 'long.mp4'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A configuration file for a server with the media folder and these settings of jobs. */
async function configured(jobs: Record<string, unknown>, server: Record<string, unknown> = {}): Promise<string> {
  const file = join(await mkdtemp(join(folder, 'config-')), 'maskcast.yaml');
  await writeFile(file, JSON.stringify({ mediaDirs: [mediaDir], modelsDir, model: 'colors', jobs, server }));
  return file;
}

async function serve(jobs: Record<string, unknown> = {}, server: Record<string, unknown> = {}) {
  const served = await startServe(['--config', await configured(jobs, server)]);
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

  it('paused, then cut off by SIGKILL, gives the bytes of `maskcast process`', { timeout: 180_000 }, async () => {
    const config = await configured({});
    const dataDir = await mkdtemp(join(folder, 'data-'));
    const first = await spawnServe(config, dataDir);
    const { id } = await first.api.add({ media: 'recordings/long.mp4' }, LONG);
    const work = join(dataDir, 'jobs', id, 'results.work', 'segments');
    const kept = async () => (await readdir(work).catch(() => [])).filter((name) => !name.endsWith('.part')).length;
    const shown = () => first.api.fetch(`jobs/${id}/preview`).then(({ status }) => status);
    await expect.poll(shown, { timeout: 60_000 }).toBe(200);
    const preview = Buffer.from(await (await first.api.fetch(`jobs/${id}/preview`)).arrayBuffer());
    expect(await sharp(preview).metadata()).toMatchObject({ format: 'jpeg', width: 96, height: 64 });
    await expect.poll(kept, { interval: 5, timeout: 60_000 }).toBeGreaterThan(0);
    const paused = (await (await first.api.post(`jobs/${id}/pause`)).json()) as JobView;
    expect([paused.state, paused.progress.frames % 250, paused.progress.expected]).toEqual(['paused', 0, LONG_FRAMES]);
    const before = await kept();
    expect(((await (await first.api.post(`jobs/${id}/resume`)).json()) as JobView).state).toBe('running');
    await expect.poll(kept, { interval: 5, timeout: 60_000 }).toBeGreaterThan(before);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(await kept()).toBeLessThan(LONG_FRAMES / 250);

    const second = await spawnServe(config, dataDir);
    const done = await second.api.over(id);
    expect(done).toMatchObject({ state: 'done', progress: { frames: LONG_FRAMES }, started: paused.started });
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
    const out = join(folder, 'processed');
    const options = ['--output', LONG.outputs.join(','), '--policy', LONG.policy, '-c', config];
    const { error } = await runCommand(registerProcess, ['process', join(mediaDir, 'long.mp4'), '-o', out, ...options]);
    expect(error).toBeUndefined();
    expect(await digests(join(dataDir, 'jobs', id, 'results'))).toEqual(await digests(join(out, 'long')));
  });

  it('says what is wrong with its recording, and gives what can be had', async () => {
    await copyFile(await clip('truncated'), join(mediaDir, 'truncated.mkv'));
    onTestFinished(() => rm(join(mediaDir, 'truncated.mkv')));
    const { api } = await serve();
    const { id } = await api.add({ media: 'recordings/truncated.mkv' }, { outputs: ['table'] });
    const done = await api.over(id);
    expect(done.state).toBe('done');
    expect(done.warnings[0]).toMatch(/^after frame \d+: /);
    expect(JSON.stringify(done)).not.toContain(folder);
  });

  it('tells everything of its life to who listens', async () => {
    const { api } = await serve();
    const { id } = await api.add(GATE, { outputs: ['table'], to: 0.5 }, 'Früh am Tor');
    expect(id).toMatch(/^fruh-am-tor-[0-9a-f]{4}$/);
    await api.over(id);
    const leaving = new AbortController();
    const seen: string[] = [];
    for await (const { event, data } of events(await api.fetch('jobs/events', { signal: leaving.signal }))) {
      const job = data as JobView;
      seen.push(event === 'job' ? `${job.id === id ? 'old' : 'new'} ${job.state}` : `${event} ${job.id}`);
      if (seen.length === 1) await api.add(GATE, { outputs: ['table'], to: 0.2 });
      if (seen.at(-1) === 'new done') await api.fetch(`jobs/${id}`, { method: 'DELETE' });
      if (event === 'removed') break;
    }
    leaving.abort();
    expect([...new Set(seen)].filter((each) => each !== 'new queued')).toEqual([
      'old done',
      'new running',
      'new done',
      `removed ${id}`,
    ]);
    expect((await api.fetch(`jobs/${id}`)).status).toBe(404);
  });

  it('that can not work is refused with the reason', async () => {
    const { api } = await serve();
    const refusal = async (input: object, options: object = {}) => {
      const response = await api.post('jobs', { input, options });
      return `${response.status} ${await problemCode(response)}`;
    };
    expect(await refusal({ media: 'recordings/none.mp4' })).toBe('404 NOT_FOUND');
    expect(await refusal({ upload: '../../etc' })).toBe('404 NOT_FOUND');
    expect(await refusal(GATE, { model: 'none' })).toBe('422 MODEL_NOT_FOUND');
    expect(await refusal(GATE, { classes: ['purple'] })).toBe('400 BAD_REQUEST');
    expect(await refusal(GATE, { modelClasses: { purple: 'off' } })).toBe('400 BAD_REQUEST');
    expect(await refusal(GATE, { modelClasses: { red: 'faint' } })).toBe('400 BAD_REQUEST');
    expect(await refusal(GATE, { from: 2, to: 1 })).toBe('400 BAD_REQUEST');
    expect(await refusal(GATE, { every: 2, fps: 1 })).toBe('400 BAD_REQUEST');
    const { id } = await api.add(GATE, { outputs: ['table'], to: 0.2 });
    await api.over(id);
    const conflict = await api.post(`jobs/${id}/pause`);
    expect([conflict.status, ((await conflict.json()) as { detail: string }).detail]).toEqual([
      409,
      'pause is for a job that is queued or running; this one is done',
    ]);
  });

  it('can be seen by viewers and changed by admins only', async () => {
    const tokens = ['admin', 'viewer'].map((role) => ({ token: `${role}-token-of-the-test`, role }));
    const { url } = await serve({}, { tokens });
    const as = (role: string) => new JobsClient(url, { authorization: `Bearer ${role}-token-of-the-test` });
    const { id } = await as('admin').add(GATE, { outputs: ['table'], to: 0.2 });
    await as('viewer').over(id);
    expect(await as('viewer').json(`jobs/${id}/times`)).toMatchObject({ numbers: [0, 1, 2, 3, 4] });
    const forbidden = [
      as('viewer').post('jobs', { input: GATE }),
      as('viewer').fetch(`jobs/${id}`, { method: 'DELETE' }),
      ...['pause', 'resume', 'cancel', 'retry'].map((action) => as('viewer').post(`jobs/${id}/${action}`)),
      as('viewer').fetch('media'),
      as('viewer').upload('a.mp4', 'x'),
    ];
    expect((await Promise.all(forbidden)).map(({ status }) => status)).toEqual(forbidden.map(() => 403));
    const strangers = ['jobs', 'jobs/events', `jobs/${id}/file?path=table.csv`, `jobs/${id}/source`];
    for (const path of strangers) expect((await new JobsClient(url).fetch(path)).status).toBe(401);
  });

  it('is not there where it is switched off', async () => {
    const { api } = await serve({ enabled: false });
    expect((await api.fetch('jobs')).status).toBe(404);
  });
});

describe('an upload', { timeout: 60_000 }, () => {
  const file = async (name: ClipName) => new Uint8Array(await readFile(await clip(name)));

  it('becomes a job, and stays as long as the job', async () => {
    const { api, dataDir } = await serve();
    const answer = await api.upload('../Weg %d.mp4', await file('h264'));
    expect(answer.status).toBe(201);
    const { upload, name } = (await answer.json()) as UploadView;
    expect(name).toBe('Weg _d.mp4');
    const { id } = await api.add({ upload }, { outputs: ['masks'], to: 0.2 });
    expect(await api.over(id)).toMatchObject({ name: 'Weg _d', state: 'done' });
    expect(await api.json(`jobs/${id}/times`)).toEqual({
      seconds: [0, 0.04, 0.08, 0.12, 0.16],
      numbers: [0, 1, 2, 3, 4],
      ...{ start: 0, first: 0 },
    });
    expect(await problemCode(await api.fetch(`jobs/${id}/timeline`))).toBe('NOT_FOUND');
    expect(await readdir(join(dataDir, 'jobs', '.uploads', upload))).toEqual([name]);
  });

  it('that is no video, or only leads to one, is refused and leaves nothing', async () => {
    const { api, dataDir } = await serve();
    const refused = {
      one_jpeg: 422,
      text: 422,
      zero_bytes: 400,
      audio_only: 422,
      playlist_to_passwd: 422,
      script_to_passwd: 422,
    };
    for (const [name, status] of Object.entries(refused)) {
      const answer = await api.upload('a.mp4', await file(name as ClipName));
      expect([name, answer.status]).toEqual([name, status]);
      expect(((await answer.json()) as { detail: string }).detail).not.toContain(dataDir);
    }
    expect(await readdir(join(dataDir, 'jobs', '.uploads'))).toEqual([]);
  });

  it('that is too large is refused, announced or not', async () => {
    const { api, dataDir } = await serve({ maxUpload: '1MB' });
    const megabytes = new Uint8Array(2e6);
    expect(await problemCode(await api.upload('a.mp4', megabytes))).toBe('TOO_LARGE');
    const pieces = new ReadableStream({
      start(controller) {
        for (let at = 0; at < 20; at++) controller.enqueue(megabytes.subarray(0, 100_000));
        controller.close();
      },
    });
    const unannounced = { method: 'POST', body: pieces, duplex: 'half' } as RequestInit;
    expect(await problemCode(await api.fetch('uploads?name=a.mp4', unannounced))).toBe('TOO_LARGE');
    expect(await readdir(join(dataDir, 'jobs', '.uploads'))).toEqual([]);
  });

  it('whose sender leaves, leaves nothing', async () => {
    const { api, dataDir } = await serve();
    const uploads = async () => (await readdir(join(dataDir, 'jobs', '.uploads')).catch(() => [])).length;
    const leaving = new AbortController();
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(100_000)),
    });
    const sending = { method: 'POST', body: endless, duplex: 'half', signal: leaving.signal } as RequestInit;
    const answer = api.fetch('uploads?name=a.mp4', sending);
    await expect.poll(uploads).toBe(1);
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(uploads).toBe(0);
  });
});

describe('media folders', () => {
  it('are listed without where they are', async () => {
    const { api } = await serve();
    const entries = await api.json<MediaEntry[]>('media');
    expect(entries.map(({ path }) => path)).toEqual(['recordings/2024/gate.mp4', 'recordings/long.mp4']);
    expect(JSON.stringify(entries)).not.toContain(folder);
  });
});

/** Of `many_frames`: eight segments, so that a kill in the second comes before the end on a busy machine, too. */
const LONG_FRAMES = 2000;
const LONG = { outputs: ['overlay', 'table'], policy: 'interval=3' } satisfies Partial<JobOptions>;

/** The server in a process of its own. */
async function spawnServe(config: string, dataDir: string) {
  const args = ['serve', '--json', '--port', '0', '--config', config, '--data-dir', dataDir, '--log-level', 'silent'];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  return { child, api: new JobsClient(url) };
}

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
