/**
 * How many cuts the temporal engine misses, and how many it invents:
 *
 *     npm run bench:cuts -- [--shot VIDEO-OR-FOLDER]… [--stills FOLDER]
 *
 * Always: 200 cuts between made scenes (smooth, dark, textured) and made shots without any. `--shot`: a video, or a folder of its
 * frames in order of name, without a cut. `--stills`: pictures of which any two with another name up to the last `_` or digits show
 * different scenes; 400 pairs of them are cuts. Frames are 320 × 180, the engine sees each once, under `interval=9999`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { parsePolicy } from '../src/core/policy.js';
import { seconds } from '../src/core/time.js';
import { Engine } from '../src/temporal/engine.js';
import { order, SCENES, shot } from '../test/support/media/plain-scenes.js';

const SIZE = { width: 320, height: 180 };
const BYTES = SIZE.width * SIZE.height * 3;
const { values } = parseArgs({ options: { shot: { type: 'string', multiple: true }, stills: { type: 'string' } } });

class Cuts {
  private readonly engine = new Engine({ policy: parsePolicy('interval=9999'), smoothing: false });
  private number = 0;

  /** Whether the engine sees a cut before this frame. */
  before(pixels: Uint8Array): boolean {
    const number = this.number++;
    const frame = { number, time: seconds(number / 10), discontinuity: false, pixels };
    const { reason } = this.engine.observe({ ...frame, geometry: { analysis: SIZE, content: SIZE } }, 1);
    this.engine.apply(number, undefined);
    return reason === 'cut';
  }
}

const report = (what: string, seen: number, of: number, kind: string) =>
  console.log(`${what}: ${seen} of ${of} ${kind} (${((100 * seen) / of).toFixed(2)} %)`);

function made(): void {
  const cuts = new Cuts();
  let [missed, invented] = [0, 0];
  for (const [n, name] of order(201).entries()) {
    const [first, second] = shot(SCENES[name] as (typeof SCENES)[string], 2, SIZE, { seed: n });
    if (!cuts.before(first as Uint8Array) && n > 0) missed += 1;
    if (cuts.before(second as Uint8Array)) invented += 1;
  }
  report('made scenes', missed, 200, 'cuts missed');
  for (const [name, scene] of Object.entries(SCENES)) {
    const still = new Cuts();
    for (const frame of shot(scene, 50, SIZE, { dx: 3, grain: 8, gain: (n) => 1 + 0.03 * Math.sin(n) })) {
      if (still.before(frame)) invented += 1;
    }
    if (name === Object.keys(SCENES).at(-1))
      report('made shots', invented, 201 + 50 * Object.keys(SCENES).length, 'frames are false cuts');
  }
}

const picture = (path: string): Promise<Uint8Array> =>
  sharp(path).removeAlpha().toColourspace('srgb').resize(SIZE.width, SIZE.height, { fit: 'fill' }).raw().toBuffer();

async function* framesOf(path: string): AsyncGenerator<Uint8Array> {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) yield await picture(join(path, name));
    return;
  }
  const scaled = ['-i', path, '-vf', `scale=${SIZE.width}:${SIZE.height}`, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const raw = execFileSync('ffmpeg', ['-v', 'error', ...scaled], { maxBuffer: 2 ** 31 });
  for (let at = 0; at + BYTES <= raw.length; at += BYTES) yield raw.subarray(at, at + BYTES);
}

async function withoutCuts(path: string): Promise<void> {
  const cuts = new Cuts();
  let [frames, seen] = [0, 0];
  for await (const frame of framesOf(path)) {
    frames += 1;
    if (cuts.before(frame)) seen += 1;
  }
  report(path, seen, frames, 'frames are false cuts');
}

async function stills(folder: string): Promise<void> {
  const scene = (path: string) => basename(path).replace(/_?\d*\.\w+$/, '');
  const names = readdirSync(folder).sort();
  let state = 1;
  const chance = () => {
    state = (state * 16807) % 2147483647;
    return names[state % names.length] as string;
  };
  let [pairs, missed] = [0, 0];
  while (pairs < 400) {
    const [one, other] = [chance(), chance()];
    if (scene(one) === scene(other)) continue;
    pairs += 1;
    const cuts = new Cuts();
    cuts.before(await picture(join(folder, one)));
    if (!cuts.before(await picture(join(folder, other)))) missed += 1;
  }
  report(folder, missed, pairs, 'cuts missed');
}

made();
for (const path of values.shot ?? []) await withoutCuts(path);
if (values.stills !== undefined) await stills(values.stills);
