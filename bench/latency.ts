/**
 * Capture → paint in a real browser: the sample retimed to 25 fps, adaptive policy, one Chromium that watches the stream's page.
 * Capture is the moment when the decoded frame reached the server; paint is the animation frame that drew picture and mask.
 *
 *     npm run bench:latency -- [seconds, default 60]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { cpuSeconds, machine, percentile, startServer } from './server.js';

const seconds = Number(process.argv[2] ?? '60');
const folder = await mkdtemp(join(tmpdir(), 'maskcast-latency-'));
const clip = join(folder, 'pedestrians-25fps.mp4');
await promisify(execFile)('ffmpeg', [
  ...['-v', 'error', '-i', 'samples/pedestrians.mp4', '-vf', 'setpts=PTS*10/25', '-r', '25'],
  ...['-c:v', 'libx264', '-crf', '24', clip],
]);
const server = await startServer([clip]);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const latencies: number[] = [];
await page.exposeFunction('report', (values: number[]) => latencies.push(...values));
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
const cpuBefore = await cpuSeconds(server.process.pid as number);
await sleep(seconds * 1000);
const cpu = (await cpuSeconds(server.process.pid as number)) - cpuBefore;
const renderer = await page.evaluate(() => window.maskcast?.renderer() ?? 'no renderer');
console.log(`latency capture→paint, ${seconds} s at 25 fps, adaptive; ${machine()}; ${browser.version()}, ${renderer}`);
console.log(`painted ${latencies.length} frames, ${(latencies.length / seconds).toFixed(1)} fps`);
console.log(
  `p50 ${percentile(latencies, 0.5).toFixed(0)} ms, p95 ${percentile(latencies, 0.95).toFixed(0)} ms, p99 ${percentile(latencies, 0.99).toFixed(0)} ms`,
);
console.log(`server process: ${((cpu / seconds) * 100).toFixed(0)} % of one CPU, without ffmpeg`);
await browser.close();
await server.stop();
await rm(folder, { recursive: true, force: true });
