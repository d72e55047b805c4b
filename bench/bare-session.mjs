/**
 * A thread that runs a network back to back and does nothing else: what `session.run` alone can give.
 * In: workerData { modelPath, threads, tensor, type, shape }; then a number of runs. Out: 'ready', and 'done' after them.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const { modelPath, threads, tensor, type, shape } = workerData;
const session = await InferenceSession.create(modelPath, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});
const length = shape.reduce((product, side) => product * side, 1);
const pixels = Array.from({ length }, (_, at) => (at * 37) & 255);
const values = type === 'uint8' ? Uint8Array.from(pixels) : Float32Array.from(pixels);
const feeds = { [tensor]: new Tensor(type, values, shape) };
await session.run(feeds);
parentPort.on('message', async (runs) => {
  for (let run = 0; run < runs; run++) await session.run(feeds);
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
