/**
 * What inference costs and what the pool adds to it:
 *
 *     npm run build:server && npx tsx bench/inference.ts [MODEL, default hrnet-w18-small-v1-cameras] [ROUNDS, default 5]
 *
 * 1. ms a run by picture size and threads: bare `session.run` in this thread, and frames through the pool (shared memory in,
 *    softmax, shared memory out), measured in turn in the same run. Beside the time that passes, CPU time of all threads,
 *    which other programs on the machine disturb less. Figures are medians over the rounds.
 * 2. Frames a second by workers × threads.
 * 3. Memory over many loads of a network.
 */
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { usableCpus } from '../src/config/cpus.js';
import type { Size } from '../src/core/geometry.js';
import { readManifest } from '../src/inference/manifest.js';
import type { InferencePool } from '../src/inference/pool.js';
import { allocateInput, inputShape } from '../src/inference/preprocess.js';
import { createSegmenter } from '../src/inference/segmenter.js';
import { testFrame } from '../test/support/media/frames.js';
import { machine } from './server.js';

const [model = 'hrnet-w18-small-v1-cameras', roundsText = '5'] = process.argv.slice(2);
const rounds = Number(roundsText);
const dir = join('models', model);
const { manifest, modelPath } = await readManifest(dir);

const SIZES: readonly Size[] = [
  { width: 256, height: 160 },
  { width: 384, height: 224 },
  { width: 512, height: 288 },
  { width: 640, height: 384 },
  { width: 960, height: 544 },
];
/** Length of one measurement. */
const SPAN = 1500;
const LOADS = 30;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;
const cell = (value: number, digits = 1) => value.toFixed(digits).padStart(9);
const noise = (x: number, y: number) => [(x * 7 + y * 13) & 255, (x * 3 + y * 29) & 255, (x * y) & 255] as const;

interface Cost {
  /** ms that pass a call */
  readonly wall: number;
  /** CPU ms of all threads of this process a call */
  readonly cpu: number;
}

/** What a call of `action` costs, called again and again for a while with `width` calls under way. */
async function costOf(action: () => Promise<unknown>, width: number): Promise<Cost> {
  let calls = 0;
  const [begin, before] = [performance.now(), process.cpuUsage()];
  const lane = async () => {
    while (performance.now() - begin < SPAN) {
      await action();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - begin) / calls, cpu: (user + system) / 1000 / calls };
}

const through = (pool: InferencePool, size: Size) => {
  const frame = testFrame({ analysis: size, color: noise });
  return async () => (await pool.segment('bench', frame, { newestOnly: false }))?.release();
};

console.log(`${model}, ${rounds} rounds of ${SPAN / 1000} s; ${machine()}, ${usableCpus()} usable CPUs\n`);
console.log('                 |        time that passes       |        CPU time');
console.log('size      threads  bare ms  pool ms pool/bare  bare ms  pool ms pool/bare');
const threadCounts = [1, usableCpus()].filter((count, index, all) => all.indexOf(count) === index);
for (const size of SIZES) {
  for (const threads of threadCounts) {
    const session = await InferenceSession.create(modelPath, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    const pixels = allocateInput(manifest.input, size);
    pixels.set(testFrame({ analysis: size, color: noise }).pixels.data);
    const feeds = {
      [manifest.input.tensor]: new Tensor(manifest.input.type, pixels, inputShape(manifest.input, size)),
    };
    const pool = await createSegmenter({ model: dir, workers: 1, threads });
    const throughPool = through(pool, size);
    await session.run(feeds);
    await throughPool();
    const bare: Cost[] = [];
    const pooled: Cost[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await costOf(() => session.run(feeds), 1));
      pooled.push(await costOf(throughPool, 2));
    }
    const figures = (['wall', 'cpu'] as const).map((kind) => {
      const ratio = median(pooled.map((cost, index) => cost[kind] / (bare[index] as Cost)[kind]));
      return (
        cell(median(bare.map((cost) => cost[kind]))) + cell(median(pooled.map((cost) => cost[kind]))) + cell(ratio, 3)
      );
    });
    console.log(`${size.width}×${size.height}`.padEnd(9) + String(threads).padStart(8) + figures.join(' '));
    await session.release();
    await pool.close();
  }
}

console.log('\nworkers × threads  frames/s at 512×288');
const plans = [
  [1, 1],
  [1, usableCpus()],
  [usableCpus(), 1],
] as const;
for (const [workers, threads] of plans) {
  const pool = await createSegmenter({ model: dir, workers, threads });
  const action = through(pool, { width: 512, height: 288 });
  const speeds: number[] = [];
  for (let round = 0; round < rounds; round += 1) speeds.push(1000 / (await costOf(action, workers * 2)).wall);
  console.log(`${`${workers} × ${threads}`.padStart(17)}${cell(median(speeds), 2)}`);
  await pool.close();
}

console.log('\nloads  MiB resident after a load, a run and the close');
for (let load = 1; load <= LOADS; load += 1) {
  const pool = await createSegmenter({ model: dir, workers: 1 });
  await through(pool, { width: 512, height: 288 })();
  await pool.close();
  if (load === 1 || load % 5 === 0)
    console.log(`${String(load).padStart(5)}${cell(process.memoryUsage.rss() / 2 ** 20, 0)}`);
}
