import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Connection, connect, type ReceivedFrame } from '../../src/delivery/wire/client.js';
import { barcodeClip } from '../support/media/barcode.js';
import { startServe } from '../support/serve.js';
import { writeLumaThresholdModel } from '../support/test-models.js';

const SAMPLE = 'samples/pedestrians.mp4';

async function firstFrames(connection: Connection, count: number): Promise<ReceivedFrame[]> {
  const frames: ReceivedFrame[] = [];
  for await (const frame of connection.frames()) {
    frames.push(frame);
    if (frames.length === count) break;
  }
  connection.close();
  return frames;
}

async function configFile(folder: string, text: string): Promise<string> {
  const path = join(folder, 'maskcast.yaml');
  await writeFile(path, `${text}\n`);
  return path;
}

const watch = (url: string, stream: string) => connect({ url, stream, WebSocket });

describe('maskcast serve', () => {
  it('segments the sample with the network that comes along', async () => {
    const { url } = await startServe(['--sample']);
    const frames = await firstFrames(watch(url, 'sample'), 5);
    const { labels, confidence } = await (frames[0] as ReceivedFrame).planes();
    expect(frames.map((frame) => frame.number)).toEqual([...frames].map((frame) => frame.number).sort((a, b) => a - b));
    expect(labels.length).toBe((frames[0]?.maskSize.width ?? 0) * (frames[0]?.maskSize.height ?? 0));
    expect(new Set(labels).size).toBeGreaterThan(1);
    expect(confidence?.some((value) => value > 200)).toBe(true);
    expect(frames[0]?.hello.model.classes.map(({ name }) => name)).toContain('person');
  });

  it('serves many sources at once; one that fails does not disturb the others', async () => {
    const notVideo = join(await mkdtemp(join(tmpdir(), 'maskcast-')), 'letter.mp4');
    await writeFile(notVideo, 'Dear camera,\n');
    const { url } = await startServe([SAMPLE, notVideo, await barcodeClip(600, 25)]);
    const seen = await Promise.all([
      firstFrames(watch(url, 'pedestrians'), 5),
      firstFrames(watch(url, 'barcode-600-25'), 5),
    ]);
    expect(seen.map((frames) => frames.length)).toEqual([5, 5]);
    const letter = await until(url, 'letter', (stream) => stream.status.reason !== undefined);
    expect(letter.status.reason?.code).toMatch(/NOT_VIDEO|CORRUPT/);
  });

  it('keeps streams that were added at run time across a restart', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'maskcast-data-'));
    const before = await startServe([], { dataDir });
    const added = await post(`${before.url}api/v1/streams`, {
      name: 'Yard',
      source: { url: SAMPLE },
      settings: { policy: 'interval=3' },
    });
    expect(added.status).toBe(201);
    await before.stop();
    const after = await startServe([], { dataDir });
    expect(await streams(after.url)).toMatchObject([{ id: 'yard', name: 'Yard', settings: { policy: 'interval=3' } }]);
    expect(await firstFrames(watch(after.url, 'yard'), 2)).toHaveLength(2);
  });

  it('is alone on its folders, whatever way leads to them, and lets go of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'maskcast-data-'));
    const dataDir = join(folder, 'data');
    const first = await startServe([], { dataDir });
    await symlink(dataDir, join(folder, 'link'));
    await expect(startServe([], { dataDir })).rejects.toThrow(
      `process ${process.pid} is at work on the data in ${dataDir} (dataDir)`,
    );
    await expect(startServe([], { dataDir: join(folder, 'link') })).rejects.toThrow(/at work on the data in .*link/);
    // Its jobs only, below a folder of data that is free.
    const jobs = await configFile(folder, `jobs: { dir: ${join(dataDir, 'jobs')} }`);
    await expect(startServe(['--config', jobs])).rejects.toThrow(/at work on the jobs in .*data\/jobs \(jobs.dir\)/);
    await first.stop();
    await startServe([], { dataDir });
  });

  it('says at once that its folder cannot be made, and does without it where it keeps nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'maskcast-data-'));
    const dataDir = '/proc/maskcast/state';
    await expect(startServe([], { dataDir })).rejects.toThrow(`${dataDir} cannot be written`);
    const config = await configFile(folder, 'jobs: { enabled: false }');
    const { url } = await startServe(['--config', config], { dataDir });
    expect(await streams(url)).toEqual([]);
  });

  it('changes policy and smoothing while the stream runs', async () => {
    const modelsDir = await mkdtemp(join(tmpdir(), 'maskcast-models-'));
    await writeLumaThresholdModel(join(modelsDir, 'luma'), { stride: 4 });
    const { url } = await startServe([
      '--models-dir',
      modelsDir,
      '--model',
      'luma',
      '--policy',
      'every',
      await barcodeClip(600, 25),
    ]);
    const connection = watch(url, 'barcode-600-25');
    let changed = false;
    const origins: string[] = [];
    for await (const { origin, hello } of connection.frames()) {
      if (!changed) {
        expect(origin).toBe('inferred');
        changed = true;
        await patch(`${url}api/v1/streams/barcode-600-25`, { settings: { policy: 'interval=4', smoothing: false } });
      } else if (hello.settings.policy === 'interval=4') {
        origins.push(origin);
        if (origins.length === 16) break;
      }
    }
    connection.close();
    expect(origins.filter((origin) => origin === 'propagated').length).toBeGreaterThan(8);
  });

  it('leaves a class out while the stream runs, in the very next frames', async () => {
    const modelsDir = await mkdtemp(join(tmpdir(), 'maskcast-models-'));
    await writeLumaThresholdModel(join(modelsDir, 'luma'), { stride: 4 });
    const { url } = await startServe([
      ...['--models-dir', modelsDir, '--model', 'luma', '--policy', 'every'],
      await barcodeClip(600, 25),
    ]);
    const stream = `${url}api/v1/streams/barcode-600-25`;
    const connection = watch(url, 'barcode-600-25');
    let off: string | undefined;
    let before = 0;
    for await (const frame of connection.frames()) {
      const { classes } = frame.hello.model;
      const { labels } = await frame.planes();
      const found = new Set(labels);
      if (off === undefined && found.size === 2) {
        off = classes[1]?.name as string;
        before = frame.number;
        await patch(stream, { settings: { classes: { [off]: 'off' } } });
      } else if (off !== undefined && frame.hello.settings.classes[off] === 'off' && frame.number > before + 3) {
        expect([...found]).toEqual([0]);
        // No restart: frames are counted on.
        expect(frame.number).toBeLessThan(before + 200);
        break;
      }
    }
    connection.close();
    const refused = await fetch(stream, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ settings: { classes: { cat: 'off' } } }),
    });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('starts an on-demand stream with its first viewer', async () => {
    const { url } = await startServe(['--on-demand', SAMPLE]);
    expect((await streams(url))[0]?.status.state).toBe('idle');
    expect(await firstFrames(watch(url, 'pedestrians'), 2)).toHaveLength(2);
  });

  it('answers when it is asked how it is', async () => {
    const { url } = await startServe(['--sample']);
    await firstFrames(watch(url, 'sample'), 3);
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}readyz`)).json()).toMatchObject({ ready: true });
    const metrics = await (await fetch(`${url}metrics`)).text();
    expect(metrics).toMatch(/maskcast_stage_seconds_count\{stream="sample",stage="infer"\} [1-9]/);
    expect(metrics).toMatch(/maskcast_stream_state\{stream="sample",state="live"\} 1/);
    expect(metrics).toMatch(/maskcast_inference_workers [1-9]/);
    const snapshot = await fetch(`${url}api/v1/streams/sample/snapshot.jpg`);
    expect(snapshot.headers.get('content-type')).toBe('image/jpeg');
  });

  it('leaves no process, and no socket or pipe, after 100 streams were added and removed', async () => {
    const modelsDir = await mkdtemp(join(tmpdir(), 'maskcast-models-'));
    await writeLumaThresholdModel(join(modelsDir, 'luma'), { stride: 4 });
    const { url } = await startServe(['--models-dir', modelsDir, '--model', 'luma']);
    const cycle = async (round: number) => {
      await post(`${url}api/v1/streams`, { id: 'cycle', name: 'Cycle', source: { url: SAMPLE }, settings: {} });
      if (round % 10 === 0) await firstFrames(watch(url, 'cycle'), 1);
      expect((await fetch(`${url}api/v1/streams/cycle`, { method: 'DELETE' })).status).toBe(204);
    };
    await cycle(0);
    const handles = await openHandles();
    for (let round = 1; round <= 100; round++) await cycle(round);
    expect(await childProcesses()).toEqual([]);
    expect(await openHandles()).toBeLessThanOrEqual(handles + 4);
  });
});

describe('the command line', () => {
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, ['dist/main.js', ...args], { env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    return {
      child,
      exit: once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr })),
      output: () => stdout,
    };
  };
  const ended = async (args: string[], env?: Record<string, string>) => (await run(args, env)).exit;

  it('ends cleanly on SIGTERM', async () => {
    const { child, exit, output } = await run([
      'serve',
      '--sample',
      '--port',
      '0',
      '--data-dir',
      await mkdtemp(join(tmpdir(), 'maskcast-')),
    ]);
    while (!output().includes('ready')) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect((await exit).code).toBe(0);
  });

  it('refuses to listen beyond this machine without a token', async () => {
    const { code, stderr } = await ended(['serve', '--host', '0.0.0.0', '--log-level', 'silent']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--insecure/);
  });

  it('tells wrong use from failure by its exit code', async () => {
    expect((await ended(['serve', '--prot', '1'])).code).toBe(2);
    expect((await ended(['serve', '--port', '99999'])).code).toBe(2);
    expect((await ended(['serve', '--policy', 'sometimes'])).stderr).toMatch(
      /temporal\.policy: must be every, interval=N \(N from 1 to 9999\) or adaptive/,
    );
    expect((await ended(['serve', '--model', 'none', '--port', '0', '--log-level', 'silent'])).code).toBe(1);
    expect((await ended(['--help'])).code).toBe(0);
  });

  it('names the missing program when ffmpeg is not there', async () => {
    const { code, stderr } = await ended(['serve', '--log-level', 'silent', '--port', '0'], {
      MASKCAST_INGEST_FFMPEG: '/nowhere/ffmpeg',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/"\/nowhere\/ffmpeg" was not found.*\[FFMPEG_MISSING\]/s);
  });

  it('keeps camera passwords out of the process list and the log', async () => {
    const { child, exit, output } = await run(
      [
        'serve',
        'rtsp://192.0.2.1:9/live',
        '--user',
        'me',
        '--password-env',
        'CAMERA',
        '--port',
        '0',
        '--data-dir',
        await mkdtemp(join(tmpdir(), 'maskcast-')),
      ],
      { CAMERA: 'p@ss/w:rd' },
    );
    while (!output().includes('ready')) await once(child.stdout, 'data');
    const lines: string[] = [];
    await expect
      .poll(async () => lines.push(...(await descendantCommandLines(child.pid as number))) && lines.join('\n'))
      .toMatch(/ff(mpeg|probe)/);
    child.kill('SIGTERM');
    const { stderr, stdout } = await exit;
    for (const text of [...lines, stderr, stdout]) {
      expect(text).not.toContain('p@ss/w:rd');
      expect(text).not.toContain(encodeURIComponent('p@ss/w:rd'));
    }
  });
});

interface StreamAnswer {
  readonly id: string;
  readonly status: { readonly state: string; readonly reason?: { readonly code: string } };
}

const streams = async (url: string) => (await (await fetch(`${url}api/v1/streams`)).json()) as StreamAnswer[];

const send = (method: string) => (url: string, body: unknown) =>
  fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const post = send('POST');
const patch = send('PATCH');

/** Asks again and again until the stream is as wanted; the test's own limit ends a wait in vain. */
async function until(url: string, id: string, wanted: (stream: StreamAnswer) => boolean): Promise<StreamAnswer> {
  for (;;) {
    const stream = (await (await fetch(`${url}api/v1/streams/${id}`)).json()) as StreamAnswer;
    if (wanted(stream)) return stream;
  }
}

/** Command lines of the children of this process that decode. */
async function childProcesses(): Promise<string[]> {
  return (await descendantCommandLines(process.pid)).filter((line) => /^[^ ]*ff(mpeg|probe)/.test(line));
}

async function descendantCommandLines(root: number): Promise<string[]> {
  const parents = new Map<number, number>();
  const lines = new Map<number, string>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = await readFile(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      lines.set(Number(entry), (await readFile(`/proc/${entry}/cmdline`, 'utf8')).replaceAll('\0', ' '));
    } catch {
      // It ended meanwhile.
    }
  }
  const isDescendant = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && parent !== 0 && (parent === root || isDescendant(parent));
  };
  return [...lines].filter(([pid]) => isDescendant(pid)).map(([, line]) => line);
}

/** Sockets and pipes that this process holds. */
async function openHandles(): Promise<number> {
  const targets = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return targets.filter((target) => /^(socket|pipe):/.test(target)).length;
}
