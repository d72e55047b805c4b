/**
 * How much faster the int8 copies of the shipped networks are, in onnxruntime-node:
 *
 *     npm run bench:int8 [ROUNDS, default 30]
 *
 * Each network and its copy take turns, 1 thread and then 2, on a picture of 480×384 (480×360, padded). Ratios are medians of the ratios
 * within a round.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measure } from '../scripts/experiments/timings.js';
import { readManifest } from '../src/inference/manifest.js';
import { machine } from './server.js';

const rounds = Number(process.argv[2] ?? '30');
const MODELS = 'models';
const names = await readdir(MODELS);

console.log(machine());
for (const name of names.filter((name) => names.includes(`${name}-int8`))) {
  const models = await Promise.all([name, `${name}-int8`].map((folder) => readManifest(join(MODELS, folder))));
  const { runs, load } = await measure({ models, plane: { width: 480, height: 384 }, rounds });
  for (const threads of [1, 2]) {
    const [fp32, int8] = models.map(({ manifest }) =>
      runs.find((run) => run.sha256 === manifest.sha256 && run.threads === threads),
    );
    if (!fp32 || !int8) throw new Error(`${name} was not timed at ${threads} threads`);
    console.log(
      `${name.padEnd(28)} ${threads} threads: ${fp32.median.toFixed(1)} ms, int8 ${int8.median.toFixed(1)} ms, ${int8.ratio.toFixed(2)}× as fast (load ${load})`,
    );
  }
}
