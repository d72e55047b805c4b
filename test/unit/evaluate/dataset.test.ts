import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/evaluate/dataset.js';
import { pictureSize, readLabel, readPlane } from '../../../src/evaluate/picture.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-data-'));
  await mkdir(join(folder, 'val', 'images'), { recursive: true });
  await mkdir(join(folder, 'val', 'labels'));
  await writeClasses(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const writeClasses = (
  dir: string,
  content: unknown = {
    ignoreIndex: 255,
    classes: [
      { id: 0, name: 'other' },
      { id: 1, name: 'person' },
    ],
  },
) => writeFile(join(dir, 'classes.json'), typeof content === 'string' ? content : JSON.stringify(content));
const label = (width = 2, height = 1, data = [0, 1]) =>
  Buffer.from(encode({ width, height, data: Uint8Array.from(data), channels: 1, depth: 8 }));
const picture = (width = 2, height = 1) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 100, b: 50 } } });
const put = async (name: string, extension = 'png') => {
  await picture().toFile(join(folder, 'val', 'images', `${name}.${extension}`));
  await writeFile(join(folder, 'val', 'labels', `${name}.png`), label());
};

describe('a data set', () => {
  it('is pairs of pictures and labels in the order of their names', async () => {
    await put('b', 'webp');
    await put('a', 'jpg');
    await writeFile(join(folder, 'val', 'images', 'notes.txt'), 'not a picture');
    const dataset = await openDataset(folder, 'val');
    expect(dataset.samples.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(dataset.samples[1]).toMatchObject({
      image: join(folder, 'val', 'images', 'b.webp'),
      label: join(folder, 'val', 'labels', 'b.png'),
    });
    expect(dataset).toMatchObject({ split: 'val', ignoreIndex: 255 });
    expect(dataset.classes.map(({ name }) => name)).toEqual(['other', 'person']);
  });

  it('may keep its classes further up, one file for many videos', async () => {
    const video = join(folder, 'video', 'hall');
    await mkdir(join(video, 'images'), { recursive: true });
    await mkdir(join(video, 'labels'));
    await picture().toFile(join(video, 'images', '0001.png'));
    await writeFile(join(video, 'labels', '0001.png'), label());
    const dataset = await openDataset(join(folder, 'video'), 'hall');
    expect(dataset.classes).toHaveLength(2);
    expect(dataset).toMatchObject({ name: 'video', split: 'hall' });
  });

  it.each([
    [
      'without the split',
      () => {},
      'test',
      /test\/images can't be read; a split has a folder images and a folder labels/,
    ],
    ['without pictures', () => {}, 'val', /images has no picture/],
    [
      'without a label',
      async () => {
        await put('a');
        await picture().toFile(join(folder, 'val', 'images', 'b.png'));
      },
      'val',
      /1 of 2 pictures in .* have no label PNG: b/,
    ],
    [
      'without classes',
      async () => {
        await put('a');
        await rm(join(folder, 'classes.json'));
      },
      'val',
      /there is no classes\.json; looked for/,
    ],
    [
      'whose classes are not JSON',
      async () => {
        await put('a');
        await writeClasses(folder, '{');
      },
      'val',
      /classes\.json is not JSON/,
    ],
    [
      'whose classes have gaps',
      async () => {
        await put('a');
        await writeClasses(folder, { classes: [{ id: 1, name: 'person' }] });
      },
      'val',
      /in order of id from 0; expected 0, received 1/,
    ],
    [
      'whose classes have no name',
      async () => {
        await put('a');
        await writeClasses(folder, { classes: [{ id: 0 }] });
      },
      'val',
      /classes\.0\.name: /,
    ],
  ])('%s is refused', async (_, prepare, split, message) => {
    await prepare();
    await expect(openDataset(folder, split)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('a label', () => {
  const file = () => join(folder, 'label.png');

  it('is what the PNG stores, not what it looks like', async () => {
    await writeFile(file(), label(3, 1, [0, 7, 255]));
    expect([...(await readLabel(file())).data]).toEqual([0, 7, 255]);
  });

  it('may be a palette PNG, whose indices count', async () => {
    const palette = [
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
    ];
    await writeFile(
      file(),
      encode({ width: 3, height: 1, data: Uint8Array.from([2, 1, 0]), channels: 1, depth: 8, palette }),
    );
    const read = await readLabel(file()).catch((error) => error);
    expect([...read.data]).toEqual([2, 1, 0]);
  });

  it('in colour is refused', async () => {
    await picture().png().toFile(file());
    await expect(readLabel(file())).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(
        /must be an 8-bit greyscale or palette PNG of class indices; it has 3 channels of 8 bits/,
      ),
    });
  });

  it('that is no PNG is refused', async () => {
    await writeFile(file(), 'text');
    await expect(readLabel(file())).rejects.toMatchObject({ code: 'DATASET_INVALID' });
  });
});

describe('a picture', () => {
  const file = () => join(folder, 'picture.png');
  const pixel = (data: Uint8Array, at: number) => [...data.subarray(at * 3, at * 3 + 3)];

  it('keeps its pixels, top left in a larger plane, with the colour around it that networks see as nothing', async () => {
    const pixels = Uint8Array.from([10, 0, 0, 20, 0, 0, 30, 0, 0, 40, 0, 0]);
    await sharp(pixels, { raw: { width: 2, height: 2, channels: 3 } }).toFile(file());
    const { data } = await readPlane(file(), await pictureSize(file()), {
      kind: 'native',
      analysis: { width: 4, height: 3 },
    });
    expect(Array.from({ length: 12 }, (_, at) => pixel(data, at)[0])).toEqual([
      10, 20, 124, 124, 30, 40, 124, 124, 124, 124, 124, 124,
    ]);
  });

  it('is scaled into the top left corner where the network wants it so', async () => {
    await picture(8, 4).toFile(file());
    const placement = { kind: 'scaled', analysis: { width: 4, height: 4 }, content: { width: 4, height: 2 } } as const;
    const { data } = await readPlane(file(), { width: 8, height: 4 }, placement);
    expect([pixel(data, 0), pixel(data, 7)]).toEqual([
      [200, 100, 50],
      [200, 100, 50],
    ]);
    expect(pixel(data, 8)).toEqual([124, 116, 104]);
  });

  it('in grey or with transparency becomes RGB', async () => {
    for (const make of [picture(2, 1).greyscale(), picture(2, 1).ensureAlpha(0.5)]) {
      await make.toFile(file());
      const { data } = await readPlane(
        file(),
        { width: 2, height: 1 },
        { kind: 'native', analysis: { width: 2, height: 1 } },
      );
      expect(data).toHaveLength(6);
      expect(data[0]).toBeGreaterThan(100);
    }
  });

  it('that is none is refused', async () => {
    await writeFile(file(), 'text');
    await expect(pictureSize(file())).rejects.toMatchObject({ code: 'DATASET_INVALID' });
  });
});
