import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerEvalVideo } from '../../src/cli/eval/video.js';
import { runCommand } from '../support/commands.js';
import { COLOR_CLASSES, writeColorModel } from '../support/test-models.js';

const run = promisify(execFile);

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

const evalClip = (file: string, ...args: string[]) =>
  runCommand(registerEvalVideo, [
    'eval-video',
    ...['--clip', file],
    ...['--models-dir', join(folder, 'models')],
    ...['-m', 'colors'],
    ...args,
  ]);

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
  expect([every, hold, raw].map(({ scores }) => scores.inferred)).toEqual([1, 0.25, 0.25]);
  expect(every.scores.agreement).toBe(1);
  expect(every.scores.overall.meanIoU).toBeGreaterThan(0.95);
  expect(hold.scores.overall.meanIoU).toBeLessThan(raw.scores.overall.meanIoU - 0.05);
  expect(hold.scores.byDistance).toHaveLength(4);
});

it('prints tables for people and takes several policies', async () => {
  const { stdout } = await evalVideo('--policy', 'every', '--policy', 'interval=2', '--smooth', 'on', '--limit', '9');
  expect(stdout).toMatch(/^colors \(sha256 [0-9a-f]{12}\) on walk val: 9 frames, 0 of them in still stretches/);
  expect(stdout).toMatch(/^every smooth +100\.0/m);
  expect(stdout).toMatch(/^interval=2 smooth +55\.6/m);
});

it('plays a video file without labels against the network on every frame, and takes its scores from the cache', async () => {
  const file = join(folder, 'walk.mp4');
  await run('ffmpeg', [
    ...['-loglevel', 'error', '-framerate', '10', '-i', join(folder, 'walk', 'val', 'images', '%03d.png')],
    ...['-vf', 'tpad=stop_mode=clone:stop=12', '-c:v', 'libx264', '-qp', '4', '-pix_fmt', 'yuv420p', file],
  ]);
  const [cache, video] = [join(folder, 'scores'), join(folder, 'beside.mp4')];
  const clip = (...args: string[]) =>
    evalClip(file, '--cache', cache, '--policy', 'adaptive', '--price', '1', '--price', '4', '--json', ...args);
  const report = JSON.parse((await clip('--side-by-side', video)).stdout);
  expect(report).toMatchObject({ data: 'walk.mp4', labelled: false, frames: 24, stillFrames: 12 });
  expect(report.rows.map((row: { policy: string; kind: string }) => `${row.policy} ${row.kind}`)).toEqual([
    'every raw',
    ...['adaptive hold', 'adaptive raw', 'adaptive smooth'],
    ...['adaptive ×4 hold', 'adaptive ×4 raw', 'adaptive ×4 smooth'],
  ]);
  const [every, hold, raw] = report.rows.map(({ scores }: { scores: unknown }) => scores);
  expect(every).toMatchObject({ agreement: 1, flicker: 0 });
  expect(every.overall.meanIoU).toBe(1);
  expect(raw.inferredStill).toBeLessThan(0.2);
  expect(raw.overall.meanIoU).toBeGreaterThan(hold.overall.meanIoU);
  const { stdout: shape } = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-count_frames'],
    ...['-show_entries', 'stream=width,height,nb_read_frames', '-of', 'csv=p=0', video],
  ]);
  expect(shape.trim()).toBe('288,96,24');
  const files = await readdir(join(cache, report.sha256.slice(0, 16)));
  expect(files.length).toBeGreaterThan(11);
  const again = JSON.parse((await clip()).stdout);
  expect(again.networkTime).toBeCloseTo(report.networkTime, 4);
  expect(again.rows[2].scores).toEqual(report.rows[2].scores);
});

it('wants a labelled video or clips, not both', async () => {
  const { error } = await evalVideo('--clip', 'x.mp4');
  expect(error).toMatchObject({
    code: 'USAGE',
    message: 'give either --data, a labelled video, or --clip, video files',
  });
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

it('takes classes of other names by --map, and says where they are of no use', async () => {
  const data = join(folder, 'renamed');
  await cp(join(folder, 'walk'), data, { recursive: true });
  const classes = COLOR_CLASSES.map((entry) => (entry.name === 'red' ? { ...entry, name: 'warm' } : entry));
  await writeFile(join(data, 'classes.json'), JSON.stringify({ ignoreIndex: 255, classes }));
  const evalData = (...args: string[]) =>
    runCommand(registerEvalVideo, [
      ...['eval-video', '--data', data, '--models-dir', join(folder, 'models'), '-m', 'colors'],
      ...['--policy', 'every', '--smooth', 'off', '--limit', '3', '--json', ...args],
    ]);
  expect((await evalData()).error).toMatchObject({ code: 'DATASET_INVALID' });
  const { error, stdout } = await evalData('--map', 'red=warm');
  expect(error).toBeUndefined();
  expect(JSON.parse(stdout).rows[0].scores.overall.meanIoU).toBeGreaterThan(0.9);
  expect((await evalClip('nothing.mp4', '--map', 'red=warm')).error).toMatchObject({ code: 'USAGE' });
});
