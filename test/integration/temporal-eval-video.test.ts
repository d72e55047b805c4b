import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerEvalVideo } from '../../src/cli/eval-video.js';
import { runCommand } from '../support/commands.js';
import { COLOR_CLASSES, writeColorModel } from '../support/test-models.js';

const SIZE = { width: 96, height: 64 };
const SQUARE = 24;
const COLORS = [
  [200, 30, 30],
  [30, 200, 30],
] as const;

let folder: string;

/** Twelve frames in which a green square walks over a red ground, 4 pixels a frame. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-eval-video-'));
  await writeColorModel(join(folder, 'models', 'colors'), {
    type: 'uint8',
    layout: 'NHWC',
    kind: 'logits',
    stride: 4,
  });
  const split = join(folder, 'walk', 'val');
  await mkdir(join(split, 'images'), { recursive: true });
  await mkdir(join(split, 'labels'));
  await writeFile(join(folder, 'walk', 'classes.json'), JSON.stringify({ ignoreIndex: 255, classes: COLOR_CLASSES }));
  for (let frame = 0; frame < 12; frame += 1) {
    const label = Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, at) => {
      const [x, y] = [at % SIZE.width, Math.floor(at / SIZE.width)];
      return x >= 4 * frame && x < 4 * frame + SQUARE && y >= 16 && y < 16 + SQUARE ? 1 : 0;
    });
    const pixels = Uint8Array.from([...label].flatMap((value) => COLORS[value] as readonly number[]));
    const name = String(frame).padStart(3, '0');
    await sharp(pixels, { raw: { ...SIZE, channels: 3 } })
      .png()
      .toFile(join(split, 'images', `${name}.png`));
    await writeFile(join(split, 'labels', `${name}.png`), encode({ ...SIZE, data: label, channels: 1, depth: 8 }));
  }
});
afterAll(() => rm(folder, { recursive: true }));

const evalVideo = (...args: string[]) =>
  runCommand(registerEvalVideo, [
    'eval-video',
    ...['--data', join(folder, 'walk')],
    ...['--models-dir', join(folder, 'models')],
    ...['-m', 'colors'],
    ...args,
  ]);

it('shows what propagation gains over holding the last mask, beside every frame inferred', async () => {
  const { stdout } = await evalVideo('--policy', 'interval=4', '--json');
  const { frames, rows } = JSON.parse(stdout);
  expect(frames).toBe(12);
  expect(rows.map((row: { policy: string; kind: string }) => `${row.policy} ${row.kind}`)).toEqual([
    'every raw',
    'interval=4 hold',
    'interval=4 raw',
    'interval=4 smooth',
  ]);
  const [every, hold, raw] = rows;
  expect([every.inferred, hold.inferred, raw.inferred]).toEqual([1, 0.25, 0.25]);
  expect(every.scores.agreement).toBe(1);
  expect(every.scores.overall.meanIoU).toBeGreaterThan(0.95);
  expect(hold.scores.overall.meanIoU).toBeLessThan(raw.scores.overall.meanIoU - 0.05);
  expect(hold.scores.byDistance).toHaveLength(4);
});

it('prints tables for people and takes several policies', async () => {
  const { stdout } = await evalVideo('--policy', 'every', '--policy', 'interval=2', '--smooth', 'on', '--limit', '9');
  expect(stdout).toContain('colors on walk val: 9 frames');
  expect(stdout).toMatch(/^every smooth +100\.0/m);
  expect(stdout).toMatch(/^interval=2 smooth +55\.6/m);
});

it('refuses a video whose frames differ in size', async () => {
  const picture = join(folder, 'mixed', 'val', 'images', '011.png');
  await cp(join(folder, 'walk'), join(folder, 'mixed'), { recursive: true });
  await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
    .png()
    .toFile(picture);
  const { error } = await evalVideo('--data', join(folder, 'mixed'));
  expect(error).toMatchObject({
    code: 'DATASET_INVALID',
    message: `${picture} is 64×64; the video's first frame is 96×64`,
  });
});
