import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerProcess } from '../../../src/cli/process/process.js';
import { runCommand } from '../../support/commands.js';
import { ffmpeg, testPicture } from '../../support/media/made.js';
import { probeStreams } from '../../support/media/media.js';
import { writeColorModel } from '../../support/test-models.js';

const run = promisify(execFile);

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-pictures-'));
  model = await writeColorModel(join(folder, 'colors'), { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

async function process(input: string, ...args: string[]) {
  const out = await mkdtemp(join(folder, 'out-'));
  const { error } = await runCommand(registerProcess, ['process', input, '-o', out, '-m', model, ...args]);
  const [only = ''] = await readdir(out);
  return { error, result: join(out, only) };
}

/** Luma of a video's first picture, row by row. */
async function luma(path: string): Promise<{ readonly at: (x: number, y: number) => number; readonly tags: string }> {
  const [video] = await probeStreams(path);
  const args = ['-v', 'error', '-i', path, '-frames:v', '1', '-vf', 'format=gray', '-f', 'rawvideo', '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 2 ** 24 });
  return { at: (x, y) => stdout[y * (video?.width ?? 0) + x] ?? 0, tags: String(video?.color_space) };
}

describe('pictures that are out of the ordinary', { timeout: 60_000 }, () => {
  it('of odd size show their last row and column, and repeat them', async () => {
    const white = 'drawbox=x=iw-1:y=0:w=1:h=ih:c=white:t=fill,drawbox=x=0:y=ih-1:w=iw:h=1:c=white:t=fill';
    const grey = ['-f', 'lavfi', '-i', `color=gray:s=95x71:r=10:d=0.2,format=yuv444p,${white}`];
    await ffmpeg(...grey, '-c:v', 'ffv1', at('odd.mkv'));
    const { result } = await process(at('odd.mkv'), '--output', 'overlay', '--opacity', '0', '--quality', '4');
    const picture = await luma(join(result, 'overlay.mp4'));
    for (const [x, y] of [
      [94, 20],
      [95, 20],
      [20, 70],
      [20, 71],
    ] as const)
      expect(picture.at(x, y)).toBeGreaterThan(190);
    expect(picture.at(50, 30)).toBeLessThan(150);
  });

  it('of RGB are tagged with the matrix by which they are written', async () => {
    await ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'color=0xC82828:s=96x64:r=10:d=0.2,format=rgb24',
      '-c:v',
      'ffv1',
      '-pix_fmt',
      'bgr0',
      at('rgb.mkv'),
    );
    const { result } = await process(
      at('rgb.mkv'),
      '--output',
      'overlay,matte,alpha',
      '--opacity',
      '0',
      '--quality',
      '4',
    );
    for (const name of ['overlay.mp4', 'matte.mov', 'alpha.mov']) {
      expect((await luma(join(result, name))).tags, name).toBe('smpte170m');
    }
    // 16 + 219 · (0.299 · 200 + 0.587 · 40 + 0.114 · 40) / 255
    expect((await luma(join(result, 'overlay.mp4'))).at(50, 30)).toBeCloseTo(91, -1);
  });

  it('of a camera that was held upright are upright', async () => {
    await mkdir(at('photos'));
    const half = { create: { width: 64, height: 96, channels: 3 as const, background: 'white' } };
    for (const index of [1, 2]) {
      const picture = sharp({ create: { width: 128, height: 96, channels: 3, background: 'black' } });
      const stored = picture.composite([{ input: half, left: 0, top: 0 }]).withMetadata({ orientation: 6 });
      await stored.jpeg({ quality: 95 }).toFile(join(at('photos'), `shot_${index}.jpg`));
    }
    const { result } = await process(at('photos'), '--output', 'overlay,masks', '--opacity', '0');
    const [overlay] = await probeStreams(join(result, 'overlay.mp4'));
    expect([overlay?.width, overlay?.height]).toEqual([96, 128]);
    const picture = await luma(join(result, 'overlay.mp4'));
    expect(picture.at(48, 20)).toBeGreaterThan(picture.at(48, 110) + 100);
    const [mask = ''] = await readdir(join(result, 'masks'));
    expect(await sharp(join(result, 'masks', mask)).metadata()).toMatchObject({ width: 96, height: 128 });
  });

  it('of HDR are tone-mapped as frames for training, as they are in the overlay', async () => {
    // 203 nits by PQ, which plain decoding would make 148 of.
    const scene = 'color=black:s=96x64:r=10:d=0.2,format=yuv420p10le,lutyuv=y=573:u=512:v=512';
    const tags = ['-color_trc', 'smpte2084', '-color_primaries', 'bt2020', '-colorspace', 'bt2020nc'];
    await ffmpeg('-f', 'lavfi', '-i', scene, '-c:v', 'ffv1', ...tags, at('hdr.mkv'));
    const levels: number[] = [];
    for (const format of ['jpeg', 'png']) {
      const flags = ['--output', 'overlay,frames,coco', '--opacity', '0', '--quality', '4', '--frame-format', format];
      const { result } = await process(at('hdr.mkv'), ...flags);
      const shown = (await luma(join(result, 'overlay.mp4'))).at(50, 30);
      const [frame = ''] = await readdir(join(result, 'frames'));
      const { channels } = await sharp(join(result, 'frames', frame)).stats();
      for (const { mean } of channels) expect(mean).toBeCloseTo(shown, -1);
      levels.push(channels[1]?.mean ?? 0);
    }
    // Diffuse white is bright once it is mapped.
    for (const level of levels) expect(level).toBeGreaterThan(190);
  });

  it('too small for an encoder are refused before the work, in words', async () => {
    await ffmpeg(...testPicture(10, 0.2, '8x8'), '-c:v', 'ffv1', at('tiny.mkv'));
    const { error } = await process(at('tiny.mkv'), '--output', 'overlay', '--codec', 'h265');
    expect(error).toMatchObject({ code: 'SIZE_UNSUPPORTED', message: expect.stringContaining('8×8') });
  });

  it('with a sound track that no container holds keep the sound, in another codec', async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=400:duration=0.4', '-ar', '22050', '-c:a', 'nellymoser'];
    await ffmpeg(...testPicture(10, 0.4), ...sound, '-c:v', 'flv', at('flash.flv'));
    const { result } = await process(at('flash.flv'), '--output', 'overlay');
    const tracks = await probeStreams(join(result, 'overlay.mp4'));
    expect(tracks.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
  });
});
