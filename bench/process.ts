/**
 * Speed and memory of `maskcast process` against its two parts alone, in one run:
 *
 *     npm run bench:process -- [--minutes 10] [--size 1280x720] [--model NAME] [--output overlay,table] [--workers N --threads N] [--runs 1000]
 *
 * 1. The sample, looped to a clip of so many minutes at 25 frames a second.
 * 2. Bare decode and encode: ffmpeg alone, decoder to encoder, with the overlay's encoder settings.
 * 3. Bare inference: `session.run` back to back, with one session of as many threads as there are CPUs, and with the sessions and
 *    threads that `process` takes. `--runs` runs each before 4 and after it, scaled to the clip's frames.
 * 4. `maskcast process`, its wall time, and the memory of its whole process tree each second.
 *
 * Printed: each time, the ratio of `process` to the larger of 2 and the faster of 3, and to their sum. Where both want every core, as on
 * two of them, the sum is the floor and no overlap can reach the larger. Memory is the peak of each minute of `process`.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs, promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { usableCpus } from '../src/config/cpus.js';
import { loadConfig } from '../src/config/load.js';
import { planExecution } from '../src/inference/execution.js';
import { readManifest } from '../src/inference/manifest.js';
import { locateModel } from '../src/inference/model-names.js';
import { inputShape } from '../src/inference/preprocess.js';
import { createSegmenter } from '../src/inference/segmenter.js';
import { encoderArguments } from '../src/record/video/overlay.js';
import { machine } from './server.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    size: { type: 'string', default: '1280x720' },
    model: { type: 'string' },
    output: { type: 'string', default: 'overlay,table' },
    workers: { type: 'string' },
    runs: { type: 'string', default: '1000' },
    threads: { type: 'string' },
  },
});
const run = promisify(execFile);
const minutes = Number(values.minutes);
const [width = 0, height = 0] = values.size.split('x').map(Number);
const env = {
  ...(values.workers ? { MASKCAST_INFERENCE_WORKERS: values.workers } : {}),
  ...(values.threads ? { MASKCAST_INFERENCE_THREADS: values.threads } : {}),
};
const config = loadConfig({ file: undefined, env, flags: { model: values.model } });
/** Runs of each way of bare inference, before and after. */
const RUNS = Number(values.runs);
const folder = await mkdtemp(join(tmpdir(), 'maskcast-bench-process-'));

try {
  const clip = await loopedSample();
  const frames = minutes * 60 * 25;
  console.log(
    `${minutes} min of ${values.size} at 25 frames/s, ${frames} frames; ${config.model}; ${machine()}, ${usableCpus()} usable CPUs`,
  );
  const codec = await bareCodec(clip);
  say('decode + encode alone', codec, frames);
  const ways = inferenceWays();
  const before = await bareInference(ways);
  const whole = await wholeProcess(clip);
  const after = await bareInference(ways);
  const cpuAFrame = (seconds: number) => ((seconds * 1000) / frames).toFixed(1);
  const alone = ways.map((_, way) => (((before[way] ?? 0) + (after[way] ?? 0)) / 2) * frames);
  for (const [way, { workers, threads }] of ways.entries()) {
    say(`inference alone, ${workers} × ${threads} threads`, alone[way] ?? 0, frames);
    const [first, last] = [before, after].map((seconds) => ((seconds[way] ?? 0) * 1000).toFixed(1));
    console.log(`    before ${first}, after ${last} ms/frame`);
  }
  say(`maskcast process (${values.output})`, whole.seconds, frames);
  const inference = Math.min(...alone);
  const larger = Math.max(codec, inference);
  console.log(
    `process / larger: ${(whole.seconds / larger).toFixed(3)}   process / sum: ${(whole.seconds / (codec + inference)).toFixed(3)}`,
  );
  console.log(
    `CPU of all its processes: ${whole.cpu.all.toFixed(0)} s, ${((whole.cpu.all / whole.seconds / usableCpus()) * 100).toFixed(0)} % of the machine; a frame: ${cpuAFrame(whole.cpu.own)} ms in its own, ${cpuAFrame(whole.cpu.all - whole.cpu.own)} ms in ffmpeg`,
  );
  console.log(`memory, peak of each minute in MiB: ${whole.peaks.map((peak) => peak.toFixed(0)).join(' ')}`);
  const [first, last] = [whole.peaks[0] ?? 0, Math.max(...whole.peaks)];
  console.log(`highest peak against that of the first minute: ${((last / first - 1) * 100).toFixed(1)} %`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function say(what: string, seconds: number, frames: number): void {
  console.log(
    `${what.padEnd(44)} ${seconds.toFixed(1).padStart(8)} s ${((seconds / frames) * 1000).toFixed(1).padStart(7)} ms/frame`,
  );
}

async function loopedSample(): Promise<string> {
  const path = join(folder, 'clip.mp4');
  const input = ['-stream_loop', '-1', '-i', 'samples/pedestrians.mp4', '-t', String(minutes * 60)];
  const picture = [
    '-an',
    '-vf',
    `fps=25,scale=${width}:${height}`,
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '23',
  ];
  await run('ffmpeg', ['-v', 'error', ...input, ...picture, '-pix_fmt', 'yuv420p', path]);
  return path;
}

async function bareCodec(clip: string): Promise<number> {
  const begin = performance.now();
  const encoder = encoderArguments({ codec: 'h264', quality: undefined, preset: undefined });
  await run('ffmpeg', ['-v', 'error', '-i', clip, '-an', ...encoder, '-threads', '4', join(folder, 'bare.mp4')]);
  return (performance.now() - begin) / 1000;
}

interface Way {
  readonly workers: number;
  readonly threads: number;
}

/** How the network can be run: as `process` does it, and where nobody says otherwise as one frame at a time is quickest. */
function inferenceWays(): readonly Way[] {
  const set = (value: number | 'auto') => (value === 'auto' ? undefined : value);
  const wanted = { workers: set(config.inference.workers), threads: set(config.inference.threads) };
  const own = planExecution(usableCpus(), true, wanted, 'throughput');
  const quick = planExecution(usableCpus(), true, wanted, 'latency');
  return own.workers === quick.workers && own.threads === quick.threads ? [own] : [own, quick];
}

/** Seconds a frame, way by way. */
async function bareInference(ways: readonly Way[]): Promise<readonly number[]> {
  const modelsDir = config.modelsDir ?? 'models';
  const { manifest, modelPath } = await readManifest(locateModel(config.model, modelsDir));
  const segmenter = await createSegmenter({ model: config.model, modelsDir, ...config.inference });
  const { analysis } = segmenter.geometryFor({ width, height });
  await segmenter.close();
  const { tensor, type } = manifest.input;
  const shape = inputShape(manifest.input, analysis);
  const seconds: number[] = [];
  for (const { workers: count, threads } of ways) {
    const workers = Array.from({ length: count }, () => {
      const workerData = { modelPath, threads, tensor, type, shape };
      return new Worker(new URL('./bare-session.mjs', import.meta.url), { workerData });
    });
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const begin = performance.now();
    for (const worker of workers) worker.postMessage(Math.ceil(RUNS / count));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    seconds.push((performance.now() - begin) / 1000 / RUNS);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return seconds;
}

async function wholeProcess(clip: string) {
  const out = join(folder, 'out');
  const model = values.model === undefined ? [] : ['--model', values.model];
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    ['dist/main.js', 'process', clip, '-o', out, '--output', values.output, ...model],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    },
  );
  const peaks: number[] = [];
  let cpu = { own: 0, all: 0 };
  const look = setInterval(() => {
    const minute = Math.floor((performance.now() - begin) / 60_000);
    void treeMemory(child.pid as number).then((memory) => {
      peaks[minute] = Math.max(peaks[minute] ?? 0, memory);
    });
    void cpuOfTree(child.pid as number).then((used) => {
      if (used.all > cpu.all) cpu = used;
    });
  }, 1000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(look);
  if (code !== 0) throw new Error(`maskcast process ended with ${code}`);
  await stat(out);
  return { seconds: (performance.now() - begin) / 1000, peaks: [...peaks].map((peak) => peak ?? 0), cpu };
}

/** A process and its children, however deep. */
async function tree(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
    if (text) parents.set(Number(name), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/** MiB, each page that processes share counted in parts (PSS of proc(5)): the sum over a tree is what the machine really holds. */
async function treeMemory(root: number): Promise<number> {
  let kilobytes = 0;
  for (const pid of await tree(root)) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

/** Seconds of the root process, and of it with all its children. */
async function cpuOfTree(root: number): Promise<{ readonly own: number; readonly all: number }> {
  let [own, all] = [0, 0];
  // An ended child is in its parent's figure, one that runs is in its own.
  for (const pid of await tree(root)) {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (!text) continue;
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [alive, ended] = [
      [11, 12],
      [13, 14],
    ].map((places) => places.reduce((sum, place) => sum + (fields[place] ?? 0), 0) / 100) as [number, number];
    if (pid === root) own = alive;
    all += alive + ended;
  }
  return { own, all };
}
