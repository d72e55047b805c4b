import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import sharp from 'sharp';
import { WebSocket } from 'ws';
import { isBackground } from '../src/core/model.js';
import { type PaintJob, paint } from '../src/delivery/pictures/paint.js';
import { connect, type MaskPlanes, type ReceivedFrame } from '../src/delivery/wire/client.js';
import { machine, startServer } from './server.js';

/**
 * What packing and drawing cost, on frames and masks of the real server over the sample clip:
 *
 *     npx tsx bench/delivery.ts [FRAMES]
 *
 * CPU milliseconds are of the whole process, all threads; each row runs over the same frames in the same process.
 */
interface Sample {
  readonly frame: ReceivedFrame;
  readonly planes: MaskPlanes;
  /** Labels, then confidence, as they are deflated. */
  readonly both: Uint8Array;
}

const count = Number(process.argv[2] ?? 60);
const samples = await collect(count);
const first = samples[0];
if (!first) throw new Error('the server sent no frame');
const { picture, maskSize } = first.frame;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

console.log(`${machine()}; ${samples.length} frames of the sample clip`);
console.log(
  `picture ${picture.width}×${picture.height}, ${Math.round(mean(samples.map(({ frame }) => frame.jpeg.length)))} bytes; ` +
    `mask ${maskSize.width}×${maskSize.height}, two planes\n`,
);

const inPool = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw);
const RLE: ZlibOptions = { strategy: constants.Z_RLE, level: 1, memLevel: 8 };
await row('deflate, run lengths only', ({ both }) => deflateRawSync(both, RLE));
await row('deflate, run lengths only, in the thread pool', ({ both }) => inPool(both, RLE));
for (const level of [1, 3, 6, 9]) {
  await row(`deflate, level ${level}`, ({ both }) => deflateRawSync(both, { level }));
}
await row('overlay: blend in JavaScript', (sample) => paint(job(sample)));
await row('overlay: scale and composite in libvips', composite);

async function collect(frames: number): Promise<Sample[]> {
  const server = await startServer(['--sample']);
  const connection = connect({ url: server.url, stream: 'sample', WebSocket });
  const found: Sample[] = [];
  for await (const frame of connection.frames()) {
    const planes = await frame.planes();
    const confidence = planes.confidence ?? new Uint8Array(0);
    if (frame.origin !== 'unknown') found.push({ frame, planes, both: Buffer.concat([planes.labels, confidence]) });
    if (found.length >= frames) break;
  }
  connection.close();
  await server.stop();
  await sleep(500);
  return found;
}

async function row(name: string, work: (sample: Sample) => Uint8Array | Promise<Uint8Array>): Promise<void> {
  for (const sample of samples.slice(0, 5)) await work(sample);
  const bytes: number[] = [];
  const cpu = process.cpuUsage();
  const begin = performance.now();
  for (const sample of samples) bytes.push((await work(sample)).length);
  const wall = (performance.now() - begin) / samples.length;
  const used = process.cpuUsage(cpu);
  const perFrame = (used.user + used.system) / 1000 / samples.length;
  console.log(
    `${name.padEnd(46)} ${perFrame.toFixed(2).padStart(6)} ms CPU  ${wall.toFixed(2).padStart(6)} ms wall  ` +
      `${Math.round(mean(bytes)).toString().padStart(6)} bytes`,
  );
}

function job({ frame, planes }: Sample): PaintJob {
  const classes = frame.hello.model.classes.filter((info) => !isBackground(info));
  return { jpeg: frame.jpeg, labels: planes.labels, maskSize: frame.maskSize, classes, opacity: 0.5, outline: true };
}

/** The same overlay, without an outline, by sharp alone. */
async function composite({ frame, planes }: Sample): Promise<Buffer> {
  const rgba = new Uint8Array(planes.labels.length * 4);
  planes.labels.forEach((label, i) => {
    const info = frame.hello.model.classes[label];
    if (info && !isBackground(info)) rgba.set([...info.color, 128], i * 4);
  });
  const { width, height } = frame.picture;
  const overlay = await sharp(rgba, { raw: { ...frame.maskSize, channels: 4 } })
    .resize({ width, height, fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  return sharp(frame.jpeg)
    .composite([{ input: overlay, raw: { width, height, channels: 4 } }])
    .jpeg({ quality: 82 })
    .toBuffer();
}
