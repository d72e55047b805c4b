import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildDataset } from '../../../../src/record/dataset/build.js';
import { planDataset } from '../../../../src/record/dataset/plan.js';
import { type DatasetPart, findResults } from '../../../../src/record/dataset/recordings.js';
import { parseSplit, validationNames } from '../../../../src/record/dataset/split.js';
import { cocoFile } from '../../../../src/record/export/coco.js';
import type { MaskedFrame, Recording, Segment, SegmentStart } from '../../../../src/record/file-output.js';
import { drawnMask } from '../../../support/media/masks.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-dataset-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, text = path): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

const YAML = '# note\ntrain: images\nval: images\nnames:\n  0: "car"\n';
const signal = new AbortController().signal;

/** Results of a recording of two frames, of which the second one has nothing in it. */
async function results(name: string, { classes = ['other', 'car'], empty = false } = {}): Promise<void> {
  const recording = {
    ...{ file: { path: `${name}.mp4` }, timeBase: { num: 1, den: 25 }, size: { width: 3, height: 1 } },
    model: { name: 'net', classes: classes.map((label, id) => ({ id, name: label, color: [id, id, id] })) },
  } as unknown as Recording;
  const coco = cocoFile(recording, { classes: new Set([1]), cocoAnnotations: 'areas', frameFormat: 'png' });
  const segment = join(folder, 'segments', name);
  await mkdir(join(segment, 'coco'), { recursive: true });
  const sink = await coco.open(join(segment, 'coco'), {} as SegmentStart);
  for (const [number, mask] of [drawnMask(empty ? '000' : '101'), drawnMask('000')].entries()) {
    await sink.write({ number, pts: { ticks: number }, mask } as MaskedFrame);
  }
  await sink.finish();
  const target = join(folder, 'results', name);
  await mkdir(target, { recursive: true });
  await coco.assemble([{ folder: segment }] as unknown as Segment[], target, signal);
  for (const frame of ['frame_000000', 'frame_000001']) {
    await put(`results/${name}/frames/${frame}.jpg`);
    await put(`results/${name}/yolo/labels/${frame}.txt`);
    await put(`results/${name}/semantic/masks/${frame}.png`);
  }
  await put(`results/${name}/yolo/data.yaml`, YAML);
  await put(`results/${name}/semantic/data.yaml`, YAML.replace('names:', 'masks_dir: masks\nnames:'));
  const tasks = ['frame_000000', 'frame_000001'].map((frame) =>
    JSON.stringify({ data: { image: `/old/${frame}.png` } }),
  );
  await put(`results/${name}/label-studio.json`, `[\n${tasks.join(',\n')}\n]\n`);
}

async function build(
  validation: readonly string[],
  { picturePrefix = '', parts = undefined as DatasetPart[] | undefined } = {},
) {
  const recordings = await findResults([join(folder, 'results')]);
  const plan = await planDataset({
    ...{ recordings, picturePrefix },
    validation: new Set(validation),
    parts: parts && new Set(parts),
  });
  await buildDataset(plan, join(folder, 'data'), signal);
  return plan;
}
const read = async (path: string) => JSON.parse(await readFile(join(folder, 'data', path), 'utf8'));

describe('a data set of several recordings', () => {
  it('has their files by split, under names that begin with the recording', async () => {
    await results('day');
    await results('night');
    const plan = await build(['night']);
    expect(plan.recordings.map(({ name, split, frames }) => ({ name, split, frames }))).toEqual([
      { name: 'day', split: 'train', frames: 2 },
      { name: 'night', split: 'val', frames: 2 },
    ]);
    for (const [kind, ending] of [
      ['images', 'jpg'],
      ['labels', 'txt'],
      ['masks', 'png'],
    ] as const) {
      const names = (name: string) => ['0', '1'].map((frame) => `${name}_frame_00000${frame}.${ending}`);
      expect((await readdir(join(folder, 'data', kind, 'train'))).sort()).toEqual(names('day'));
      expect((await readdir(join(folder, 'data', kind, 'val'))).sort()).toEqual(names('night'));
    }
    const yaml = await readFile(join(folder, 'data', 'data.yaml'), 'utf8');
    expect(yaml).toBe(YAML.replace('train: images', 'train: images/train').replace('val: images', 'val: images/val'));
    expect(await readFile(join(folder, 'data', 'semantic.yaml'), 'utf8')).toContain('masks_dir: masks\n');
  });

  it('has one COCO file a split, whose ids do not collide', async () => {
    for (const name of ['a', 'b', 'c']) await results(name, { empty: name === 'b' });
    await build(['b']);
    const train = await read('annotations/instances_train.json');
    expect(
      train.images.map(({ id, file_name, recording }: Record<string, unknown>) => [id, file_name, recording]),
    ).toEqual([
      [1, 'a_frame_000000.jpg', 'a'],
      [2, 'a_frame_000001.jpg', 'a'],
      [3, 'c_frame_000000.jpg', 'c'],
      [4, 'c_frame_000001.jpg', 'c'],
    ]);
    expect(train.annotations.map(({ id, image_id }: Record<string, number>) => [id, image_id])).toEqual([
      [1, 1],
      [2, 1],
      [3, 3],
      [4, 3],
    ]);
    expect(train.categories.map(({ id, name }: Record<string, unknown>) => [id, name])).toEqual([
      [1, 'other'],
      [2, 'car'],
    ]);
    const val = await read('annotations/instances_val.json');
    expect([val.images.length, val.annotations]).toEqual([2, []]);
  });

  it('has one file for Label Studio, with addresses that its pictures will have', async () => {
    await results('a');
    await results('b');
    await build(['b'], { picturePrefix: '/data/local-files/?d=set/' });
    const tasks = await read('label-studio.json');
    expect(tasks.map(({ data }: { data: { image: string } }) => data.image)).toEqual([
      '/data/local-files/?d=set/images/train/a_frame_000000.jpg',
      '/data/local-files/?d=set/images/train/a_frame_000001.jpg',
      '/data/local-files/?d=set/images/val/b_frame_000000.jpg',
      '/data/local-files/?d=set/images/val/b_frame_000001.jpg',
    ]);
  });

  it('has addresses for Label Studio that no name of a recording cuts short', async () => {
    await results('Gate #2 at 50%');
    await build([], { picturePrefix: 'http://127.0.0.1:9/' });
    const [{ data }] = await read('label-studio.json');
    const { pathname, hash } = new URL(data.image);
    expect([decodeURIComponent(pathname), hash]).toEqual(['/images/train/Gate #2 at 50%_frame_000000.jpg', '']);
  });

  it('leaves out what not all have, and says so', async () => {
    await results('a');
    await results('b');
    await rm(join(folder, 'results', 'b', 'yolo'), { recursive: true });
    const { left, parts } = await build([]);
    expect([left, [...parts]]).toEqual([['yolo'], ['frames', 'coco', 'semantic', 'label-studio']]);
    expect(await readFile(join(folder, 'data', 'semantic.yaml'), 'utf8')).toContain('val: images/train\n');
  });

  it('has only what was asked for, where all have it', async () => {
    await results('a');
    await results('b');
    await rm(join(folder, 'results', 'b', 'yolo'), { recursive: true });
    await expect(build([], { parts: ['yolo'] })).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: 'b has no yolo; leave either out',
    });
    await expect(build([], { parts: ['frames'] })).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    const { left } = await build([], { parts: ['coco'] });
    expect(left).toEqual([]);
    expect(await readdir(join(folder, 'data'), { recursive: true })).toEqual([
      'annotations',
      'annotations/instances_train.json',
    ]);
    // Without the frames beside them, labels call these as they did.
    const { images } = await read('annotations/instances_train.json');
    expect(images[0].file_name).toBe('a_frame_000000.png');
  });

  it('counts frames where only one file tells of them', async () => {
    await results('a');
    for (const name of ['frames', 'yolo', 'semantic', 'label-studio.json']) {
      await rm(join(folder, 'results', 'a', name), { recursive: true });
    }
    expect((await build([])).recordings[0]?.frames).toBe(2);
  });

  it('is not made of recordings with other classes, nor over what exists, and leaves nothing behind', async () => {
    await results('a');
    await results('b', { classes: ['other', 'dog'] });
    await expect(build([])).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(/^a and b have other classes \(coco\)/),
    });
    expect(await readdir(folder)).toEqual(['results', 'segments']);
    await mkdir(join(folder, 'data'));
    await expect(build([], { parts: ['yolo'] })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });

  it('takes results from several places; equal names get those of their folders', async () => {
    await put('monday/walk/coco.json');
    await put('tuesday/walk/coco.json');
    const found = await findResults([join(folder, 'monday'), join(folder, 'tuesday', 'walk'), join(folder, 'monday')]);
    expect(found.map(({ name }) => name)).toEqual(['monday-walk', 'tuesday-walk']);
    await put('nothing/notes.txt');
    await expect(findResults([join(folder, 'nothing')])).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the split', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

  it.each([
    [0.2, 2],
    [0.01, 1],
    [0.99, 9],
    [0, 0],
  ])('with a share of %f has %i of ten recordings for validation, the same each time', (share, count) => {
    const chosen = validationNames(names, { kind: 'share', share });
    expect(chosen.size).toBe(count);
    expect(validationNames([...names].reverse(), { kind: 'share', share })).toEqual(chosen);
  });

  it('leaves a single recording for training', () => {
    expect(validationNames(['a'], { kind: 'share', share: 0.5 }).size).toBe(0);
  });

  it.each([
    ['0.5', { kind: 'share', share: 0.5 }],
    ['20241103', { kind: 'names', names: ['20241103'] }],
    ['0.25', { kind: 'names', names: ['0.25'] }],
    ['yard, 20241103', { kind: 'names', names: ['yard', '20241103'] }],
    ['yard, north', { kind: 'names', names: ['yard, north'] }],
    ['', { kind: 'names', names: [] }],
  ])('"%s" is %o among recordings that are called by days and numbers, too', (text, split) => {
    expect(parseSplit(text, ['20241103', '0.25', 'yard', 'yard, north'])).toEqual(split);
  });

  it.each(['1', '-0.1', '2024'])('"%s" is neither a share nor a name', (text) => {
    expect(() => parseSplit(text, ['a'])).toThrowError(/share from 0 to below 1, or names of recordings \(a\)/);
  });

  it('may name them', () => {
    expect(validationNames(names, { kind: 'names', names: ['b', 'd'] })).toEqual(new Set(['b', 'd']));
    expect(() => validationNames(names, { kind: 'names', names: ['x'] })).toThrowError(/there is no recording "x"/);
  });
});
