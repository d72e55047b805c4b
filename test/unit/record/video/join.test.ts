import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recording, Segment } from '../../../../src/record/file-output.js';
import { joinVideo } from '../../../../src/record/video/join.js';
import { ffmpeg, QUICK_H264, testPicture } from '../../../support/media/made.js';
import { frameSeconds } from '../../../support/media/media.js';

let folder: string;
let segment: Segment;

const recording = {
  tools: { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe' },
  file: { start: 0 },
  timeBase: { num: 1, den: 1000 },
  firstTicks: 40,
  range: undefined,
} as Recording;

beforeAll(async () => {
  // What a person calls a folder is not ffmpeg's business.
  folder = join(await mkdtemp(join(tmpdir(), 'maskcast-join-')), "it's\n'here'");
  segment = { folder: join(folder, '000000'), firstFrame: 0, frames: 3, firstTicks: 40 };
  const own = join(segment.folder, 'overlay');
  await mkdir(own, { recursive: true });
  await ffmpeg(
    ...testPicture(10, 0.3),
    ...QUICK_H264,
    '-video_track_timescale',
    1000,
    '-f',
    'mov',
    `file:${join(own, 'video')}`,
  );
});
afterAll(() => rm(join(folder, '..'), { recursive: true, force: true }));

const joined = async (times: readonly number[]) => {
  await writeFile(join(segment.folder, 'overlay', 'times.json'), JSON.stringify(times));
  const target = join(folder, 'overlay.mp4');
  await joinVideo(recording, [segment], { output: 'overlay', target }, new AbortController().signal);
  return target;
};

describe('a joined video', () => {
  it('is refused where its frames have other times than the masks, or are more or fewer', async () => {
    for (const times of [
      [40, 140, 241],
      [40, 140],
      [40, 140, 240, 340],
    ]) {
      await expect(joined(times)).rejects.toMatchObject({ code: 'FRAME_COUNT_MISMATCH' });
    }
    expect(await readdir(folder)).not.toContain('overlay.mp4');
  });

  it('gets its name where they are the same', async () => {
    expect(await frameSeconds(await joined([40, 140, 240]))).toEqual([0.04, 0.14, 0.24]);
  });
});
