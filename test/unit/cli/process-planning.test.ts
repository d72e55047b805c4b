import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInputs } from '../../../src/cli/process/inputs.js';
import { resultNames } from '../../../src/cli/process/names.js';
import { clockTime, Rate } from '../../../src/cli/process/rate.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-inputs-'));
  const files = [
    ...['day/walk.mp4', 'day/walk10.mp4', 'day/walk2.mp4', 'day/notes.txt', 'day/cover.jpg', 'day/late/night.MKV'],
    ...['day/results/walk/overlay.mp4', 'run/frame_0007.png', 'run/frame_0008.png', 'run/frame_0009.png'],
    ...['gaps/a_001.jpg', 'gaps/a_002.jpg', 'gaps/a_010.jpg', 'loose/a_2.png', 'loose/a_10.png', 'loose/a_30.png'],
    ...['100%/x1.png', '100%/x2.png', 'two/a_1.png', 'two/a_3.png', 'two/a_2b.png', 'empty/readme.md'],
  ];
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const find = async (texts: readonly string[], recursive = false) => {
  const options = { recursive, rate: 24, out: join(folder, 'day', 'results') };
  const found = await findInputs(
    texts.map((text) => join(folder, text)),
    options,
  );
  return found.map(({ path, images }) => ({ path: path.slice(folder.length + 1), ...(images ? { images } : {}) }));
};

describe('inputs', () => {
  it('of a folder are its videos in natural order, without previews and other files', async () => {
    expect(await find(['day'])).toEqual([
      { path: 'day/walk.mp4' },
      { path: 'day/walk2.mp4' },
      { path: 'day/walk10.mp4' },
    ]);
  });

  it('of a folder are recorders’ files as well', async () => {
    for (const name of ['cam.dav', 'tape.mod', 'raw.h265']) {
      await mkdir(join(folder, 'cctv'), { recursive: true });
      await writeFile(join(folder, 'cctv', name), '');
    }
    expect((await find(['cctv'])).map(({ path }) => path)).toEqual(['cctv/cam.dav', 'cctv/raw.h265', 'cctv/tape.mod']);
  });

  it('that are photos held in different ways are refused: all would be turned as the first', async () => {
    const photo = (orientation: number) =>
      sharp({ create: { width: 8, height: 6, channels: 3, background: 'red' } })
        .jpeg()
        .withMetadata({ orientation })
        .toBuffer();
    await mkdir(join(folder, 'album'), { recursive: true });
    for (const [index, orientation] of [6, 6, 6, 1].entries()) {
      await writeFile(join(folder, 'album', `p${index}.jpg`), await photo(orientation));
    }
    await expect(find(['album'])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/p0\.jpg has the EXIF orientation 6, p3\.jpg has 1/),
    });
    await rm(join(folder, 'album', 'p3.jpg'));
    expect(await find(['album'])).toMatchObject([{ path: 'album/p%d.jpg' }]);
  });

  it('that are addresses are refused without their password', async () => {
    const options = { recursive: false, rate: 24, out: folder };
    for (const text of ['rtsp://u:hunter2@192.0.2.1/x', 'rtsp://u:hunter2@192.0.2.1/x?y=*']) {
      const refusal = expect.objectContaining({ message: expect.not.stringContaining('hunter2') });
      await expect(findInputs([text], options)).rejects.toEqual(refusal);
    }
  });

  it('that are there are files, though their names look like addresses', async () => {
    await writeFile(join(folder, '12:30@gate.mp4'), '');
    expect(await find(['12:30@gate.mp4'])).toEqual([{ path: '12:30@gate.mp4' }]);
  });

  it('of folders within folders come with --recursive, without earlier results', async () => {
    expect((await find(['day'], true)).map(({ path }) => path)).toEqual([
      'day/late/night.MKV',
      'day/walk.mp4',
      'day/walk2.mp4',
      'day/walk10.mp4',
    ]);
  });

  it('of a pattern are what it matches, each once', async () => {
    expect(await find(['day/walk1*.mp4', 'day/*.mp4'])).toEqual([
      { path: 'day/walk10.mp4' },
      { path: 'day/walk.mp4' },
      { path: 'day/walk2.mp4' },
    ]);
    await expect(find(['day/*.webm'])).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('that are numbered images are one recording, named by number, pattern or folder', async () => {
    const images = { names: 'numbered', first: 7, count: 3, rate: 24 };
    for (const text of ['run/frame_%04d.png', 'run', 'run/*.png', 'run/frame_%d.png']) {
      expect(await find([text])).toEqual([{ path: 'run/frame_%04d.png', images }]);
    }
  });

  it('that are images with gaps are read in the order of their names', async () => {
    const images = { names: 'any', first: 0, count: 3, rate: 24 };
    expect(await find(['gaps'])).toEqual([{ path: 'gaps/a_0*.jpg', images }]);
  });

  it('may lie in a folder with a % in its name', async () => {
    expect(await find(['100%'])).toMatchObject([{ path: '100%%/x%d.png', images: { names: 'numbered', first: 1 } }]);
  });

  it('whose order ffmpeg would take otherwise are refused', async () => {
    await expect(find(['loose'])).rejects.toThrow('sort in another order than their numbers');
  });

  it('that a shell has expanded to single images are refused, with what to do', async () => {
    const all = ['run/frame_0007.png', 'run/frame_0008.png', 'run/frame_0009.png'];
    await expect(find(all)).rejects.toThrow('name their folder');
    expect(await find(all.slice(0, 1))).toEqual([{ path: 'run/frame_0007.png' }]);
  });

  it('that are not there stay in, to fail at their turn', async () => {
    expect(await find(['day/gone.mp4', 'day/walk.mp4'])).toHaveLength(2);
    await expect(find(['empty'])).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('result folders', () => {
  const names = (...paths: string[]) => resultNames(paths.map((path) => ({ kind: 'file', path })));

  it('are named after the files', () => expect(names('/v/walk.mp4', '/v/drive.mkv')).toEqual(['walk', 'drive']));

  it('are named after the folders too where files have equal names', () => {
    expect(names('/v/a/walk.mp4', '/v/b/walk.mp4', '/v/c.mp4')).toEqual(['a-walk', 'b-walk', 'c']);
    expect(names('/v/Walk.mp4', '/v/walk.mkv')).toEqual(['Walk.mp4', 'walk.mkv']);
    expect(names('/x/1/a/w.mp4', '/x/2/a/w.mp4')).toEqual(['1-a-w', '2-a-w']);
  });

  it('do not depend on the order of the inputs', () => {
    expect(names('/v/b/walk.mp4', '/v/a/walk.mp4')).toEqual(['b-walk', 'a-walk']);
  });

  it('leave room for what a run adds to a long name, and stay apart', () => {
    const long = 'ü'.repeat(125);
    const [one = '', two = ''] = names(`/v/${long}a.mp4`, `/v/${long}b.mp4`);
    expect(one).not.toBe(two);
    for (const name of [one, two]) expect(Buffer.byteLength(`replaced-${name}.work`)).toBeLessThanOrEqual(255);
  });

  it('never are the folder in which another one is made', () => {
    expect(names('/v/walk.mp4', '/v/walk.work.mp4')).toEqual(['walk', 'walk-work']);
  });

  it('of image sequences are named after their folder', () => {
    const images = { names: 'numbered', first: 0, count: 9, rate: 25 } as const;
    expect(
      resultNames([
        { kind: 'file', path: '/v/shots/cam1_%03d.png', images },
        { kind: 'file', path: '/v/shots/cam2_%03d.png', images },
        { kind: 'file', path: '/v/100%%/%03d.png', images },
      ]),
    ).toEqual(['shots-cam1', 'shots-cam2', '100%']);
  });
});

describe('the pace', () => {
  it('is that of the last half minute', () => {
    const rate = new Rate();
    expect(rate.get()).toBeUndefined();
    for (let second = 0; second <= 100; second++)
      rate.add(second * 1000, second < 50 ? second : 50 + (second - 50) * 4, second);
    expect(rate.get()?.fps).toBeCloseTo(4, 0);
    expect(rate.get()?.speed).toBeCloseTo(1, 1);
  });

  it('is told in times that people read', () => {
    expect([7, 760, 3723, -1].map(clockTime)).toEqual(['0:07', '12:40', '1:02:03', '0:00']);
  });
});
