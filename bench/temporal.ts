/**
 * What the temporal engine costs beside the network, frame by frame in the same run:
 *
 *     npm run bench:temporal -- [MODEL, default hrnet-w18-small-v1-camvid] [CLIP, default samples/pedestrians.mp4] [FRAMES, default 150]
 *
 * Each frame (480×360) goes through one `session.run` with 2 threads and then through one engine for each policy, all in this thread. `observe`
 * is luma, motion and the decision; `apply` moves, blends and draws. Figures are means in ms over the frames after the first ten;
 * `share` is observe + apply as a part of the network's mean.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ScoreMap } from '../src/core/mask.js';
import { parsePolicy } from '../src/core/policy.js';
import { seconds } from '../src/core/time.js';
import { readManifest } from '../src/inference/manifest.js';
import { inputShape } from '../src/inference/preprocess.js';
import { Engine } from '../src/temporal/engine.js';
import { machine } from './server.js';

const [model = 'hrnet-w18-small-v1-camvid', clip = 'samples/pedestrians.mp4', framesText = '150'] =
  process.argv.slice(2);
const size = { width: 480, height: 360 };
const geometry = { analysis: size, content: size };
const WARM_UP = 10;
const FRAMES_A_SECOND = 25;
const frameBytes = size.width * size.height * 3;

const scale = `scale=${size.width}:${size.height}`;
const video = execFileSync(
  'ffmpeg',
  ['-v', 'error', '-i', clip, '-frames:v', framesText, '-vf', scale, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
  { maxBuffer: Number(framesText) * frameBytes + 1 },
);
const frames = Math.floor(video.length / frameBytes);

const { manifest, modelPath } = await readManifest(join('models', model));
const session = await InferenceSession.create(modelPath, {
  intraOpNumThreads: 2,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});

async function runNetwork(pixels: Uint8Array): Promise<Tensor> {
  const input = new Tensor('uint8', pixels, [...inputShape(manifest.input, size)]);
  return Object.values(await session.run({ [manifest.input.tensor]: input }))[0] as Tensor;
}

/** Softmax over the classes of [1, classes, height, width]. */
function probabilities({ dims, data }: Tensor): ScoreMap {
  const [, classes, height, width] = dims as [number, number, number, number];
  const logits = data as Float32Array;
  const cells = width * height;
  const scores = new Float32Array(logits.length);
  for (let i = 0; i < cells; i++) {
    let sum = 0;
    for (let c = i; c < logits.length; c += cells) sum += scores[c] = Math.exp(logits[c] as number);
    for (let c = i; c < logits.length; c += cells) scores[c] = (scores[c] as number) / sum;
  }
  return { classes, size: { width, height }, data: scores };
}

const players = ['every', 'interval=5', 'adaptive'].flatMap((policy) =>
  [false, true].map((smoothing) => ({
    name: `${policy} ${smoothing ? 'smooth' : 'raw'}`,
    engine: new Engine({ policy: parsePolicy(policy), smoothing }),
    observe: 0,
    apply: 0,
    inferred: 0,
  })),
);
let network = 0;

for (let number = 0; number < frames; number++) {
  const pixels = video.subarray(number * frameBytes, (number + 1) * frameBytes);
  const counts = number >= WARM_UP ? 1 : 0;
  const began = performance.now();
  const output = await runNetwork(pixels);
  network += counts * (performance.now() - began);
  const scores = probabilities(output);
  const frame = { number, time: seconds(number / FRAMES_A_SECOND), discontinuity: number === 0, geometry, pixels };
  for (const player of players) {
    const start = performance.now();
    const { infer } = player.engine.observe(frame, 1);
    const between = performance.now();
    player.engine.apply(number, infer ? scores : undefined);
    player.observe += counts * (between - start);
    player.apply += counts * (performance.now() - between);
    player.inferred += infer ? 1 : 0;
  }
}

const counted = frames - WARM_UP;
const cell = (value: number, digits = 2) => value.toFixed(digits).padStart(9);
console.log(`${model} on ${frames} frames of ${clip}, ${size.width}×${size.height}, 2 threads; ${machine()}`);
console.log(`network ${(network / counted).toFixed(1)} ms a run\n`);
console.log(`${''.padEnd(18)} inferred  observe    apply    share`);
for (const { name, observe, apply, inferred } of players) {
  const part = (100 * (observe + apply)) / network;
  const columns = [cell((100 * inferred) / frames, 0), cell(observe / counted), cell(apply / counted), cell(part, 1)];
  console.log(`${name.padEnd(18)}${columns.join('')} %`);
}
await session.release();
