/**
 * Capture → paint in a real browser: the sample retimed to 25 fps, adaptive policy, one Chromium that watches the stream's page.
 * Capture is the moment when the decoded frame reached the server; paint is the animation frame that drew picture and mask.
 *
 *     npm run bench:latency -- [--seconds 60] [--job]
 *
 * With `--job` it is measured twice: alone, and while the server processes a recording of 720p (overlay and table).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { cpuSeconds, machine, percentile, startServer } from './server.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, job: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
const folder = await mkdtemp(join(tmpdir(), 'maskcast-latency-'));
const sample = ['-v', 'error', '-i', 'samples/pedestrians.mp4'];
const clip = join(folder, 'pedestrians-25fps.mp4');
await ffmpeg([...sample, '-vf', 'setpts=PTS*10/25', '-r', '25', '-c:v', 'libx264', '-crf', '24', clip]);
const server = await startServer([clip]);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
let latencies: number[] = [];
await page.exposeFunction('report', (batch: number[]) => latencies.push(...batch));
await page.goto(`${server.url}#/streams/pedestrians-25fps`);
await page.waitForFunction(() => Object.keys(window.maskcast?.painted ?? {}).length > 0);
await sleep(5000); // past the start: JIT, first pictures
await page.evaluate(() => {
  let batch: number[] = [];
  const hook = window.maskcast;
  if (!hook) throw new Error('the page has no debug hook');
  hook.onPaint = ({ latency }) => batch.push(latency);
  setInterval(() => {
    void (window as unknown as { report(values: number[]): Promise<void> }).report(batch);
    batch = [];
  }, 1000);
});
const renderer = await page.evaluate(() => window.maskcast?.renderer() ?? 'no renderer');
console.log(`latency capture→paint, ${seconds} s at 25 fps, adaptive; ${machine()}; ${browser.version()}, ${renderer}`);
await watch('alone');
if (values.job) {
  const job = await startJob();
  await sleep(5000);
  const before = await framesOf(job);
  await watch('beside a job');
  const frames = (await framesOf(job)) - before;
  console.log(`the job: ${(frames / seconds).toFixed(1)} frames/s`);
}
await browser.close();
await server.stop();
await rm(folder, { recursive: true, force: true });

async function ffmpeg(args: readonly string[]): Promise<void> {
  await promisify(execFile)('ffmpeg', args);
}

async function watch(name: string): Promise<void> {
  latencies = [];
  const cpuBefore = await cpuSeconds(server.process.pid as number);
  await sleep(seconds * 1000);
  const cpu = (await cpuSeconds(server.process.pid as number)) - cpuBefore;
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((p) => percentile(latencies, p).toFixed(0));
  console.log(
    `${name}: painted ${latencies.length} frames, ${(latencies.length / seconds).toFixed(1)} fps; p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms; server process: ${((cpu / seconds) * 100).toFixed(0)} % of one CPU, without ffmpeg`,
  );
}

/** Processes a recording that is longer than the measurement. @returns the job's address */
async function startJob(): Promise<string> {
  const recording = join(folder, 'recording.mp4');
  const length = ['-stream_loop', '-1', '-i', clip, '-t', '300'];
  await ffmpeg(['-v', 'error', ...length, '-vf', 'scale=1280:720', '-preset', 'ultrafast', recording]);
  const { upload } = await post(`uploads?name=recording.mp4`, 'video/mp4', await readFile(recording));
  const order = { input: { upload }, options: { outputs: ['overlay', 'table'] } };
  const { id } = await post('jobs', 'application/json', JSON.stringify(order));
  return `${server.url}api/v1/jobs/${id}`;
}

async function post(path: string, type: string, body: Uint8Array<ArrayBuffer> | string) {
  const response = await fetch(`${server.url}api/v1/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': type },
    body,
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { readonly upload: string; readonly id: string };
}

async function framesOf(job: string): Promise<number> {
  const { state, progress } = (await (await fetch(job)).json()) as {
    readonly state: string;
    readonly progress: { readonly frames: number };
  };
  if (state !== 'running') throw new Error(`the job came to be ${state}`);
  return progress.frames;
}
