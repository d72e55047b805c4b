/**
 * Peak resident memory of a process that does nothing but run one network:
 *
 *     node scripts/experiments/footprint.mjs [MODEL.onnx INPUT TYPE SHAPE]
 *
 * SHAPE with commas. Without arguments: of a process that only loads onnxruntime. Prints MiB.
 */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [path, input, type, shapeText] = process.argv.slice(2);
if (path && input && type && shapeText) {
  const shape = shapeText.split(',').map(Number);
  const length = shape.reduce((product, side) => product * side, 1);
  const session = await InferenceSession.create(path, { intraOpNumThreads: 2, interOpNumThreads: 1 });
  const values = type === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
  for (let run = 0; run < 3; run += 1) await session.run({ [input]: new Tensor(type, values, shape) });
}
console.log((peakKiB() / 1024).toFixed(1));

/** Linux hands getrusage's maximum from the parent to the child, so proc(5) is asked there. */
function peakKiB() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
