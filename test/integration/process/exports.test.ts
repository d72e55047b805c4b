import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import {
  brushBytes,
  cocoCounts,
  greysOf,
  type Indexed,
  indexedPng,
  paintCounts,
  paintPolygon,
  pngsOf,
  storedFiles,
} from '../../support/exports.js';
import { type ClipName, clip } from '../../support/media/clips.js';
import { frameSeconds, packetHashes, packetSeconds, probeStreams } from '../../support/media/media.js';
import { fileOf, ProcessResults } from '../../support/process-results.js';

const VIDEOS = 'overlay,mask-video,matte,alpha';

const results = new ProcessResults();

async function masksOf(result: string): Promise<Indexed[]> {
  const names = (await readdir(join(result, 'masks'))).sort();
  return Promise.all(names.map(async (name) => indexedPng(await readFile(join(result, 'masks', name)))));
}

interface Trait {
  readonly clip: ClipName;
  readonly container: 'mp4' | 'mkv';
  /** Of the masks; an overlay's odd sides get one pixel more. */
  readonly size: readonly [width: number, height: number];
  readonly aspect?: string;
}

const TRAITS: readonly Trait[] = [
  { clip: 'variable_rate', container: 'mp4', size: [320, 240] },
  { clip: 'odd_size', container: 'mp4', size: [321, 241] },
  { clip: 'h265_10bit', container: 'mp4', size: [320, 240] },
  { clip: 'rotated', container: 'mp4', size: [240, 320] },
  { clip: 'interlaced', container: 'mp4', size: [320, 240] },
  { clip: 'anamorphic', container: 'mp4', size: [360, 288], aspect: '16:15' },
  { clip: 'audio_first', container: 'mp4', size: [160, 120] },
  { clip: 'many_tracks', container: 'mkv', size: [160, 120] },
];

describe('videos of difficult files', { timeout: 120_000 }, () => {
  describe.each(TRAITS)('$clip', ({ clip: name, container, size: [width, height], aspect = '1:1' }) => {
    const videos = () => results.of(name, '--output', VIDEOS, '--segment', '15');

    it('have every frame at its own time on the source’s timeline', async () => {
      const expected = await frameSeconds(await clip(name));
      for (const file of ['overlay.', 'mask.', 'matte.', 'alpha.']) {
        const path = await fileOf(await videos(), file);
        const found = await frameSeconds(path);
        expect(found.length, file).toBe(expected.length);
        // Matroska counts in milliseconds.
        const tolerance = path.endsWith('.mkv') ? 0.00051 : 0.00002;
        const worst = Math.max(...expected.map((time, index) => Math.abs(time - (found[index] as number))));
        expect(worst, file).toBeLessThanOrEqual(tolerance);
      }
    });

    it('have the size and the shape of pixels of the source, upright', async () => {
      const even = (length: number) => length + (length % 2);
      const [overlay] = await probeStreams(await fileOf(await videos(), `overlay.${container}`));
      expect(overlay).toMatchObject({ codec_name: 'h264', width: even(width), height: even(height) });
      for (const file of ['overlay.', 'mask.', 'matte.', 'alpha.']) {
        const [video] = await probeStreams(await fileOf(await videos(), file));
        expect(video?.sample_aspect_ratio ?? '1:1', file).toBe(aspect);
        if (file !== 'overlay.') expect([video?.width, video?.height], file).toEqual([width, height]);
      }
    });

    it('carry sound and subtitles untouched, at their own times', async () => {
      const [input, overlay] = [await clip(name), await fileOf(await videos(), 'overlay.')];
      const tracks = (path: string) =>
        probeStreams(path).then((streams) =>
          streams
            .filter(({ codec_type }) => codec_type !== 'video')
            .map(({ codec_name, tags }) => ({ codec_name, language: tags?.language ?? 'und' })),
        );
      const expected = await tracks(input);
      expect(await tracks(overlay)).toEqual(expected);
      for (const kind of ['a', 's'] as const) {
        if ((await packetSeconds(input, kind)).length === 0) continue;
        expect(await packetHashes(overlay, kind)).toEqual(await packetHashes(input, kind));
        const [before, after] = [await packetSeconds(input, kind), await packetSeconds(overlay, kind)];
        for (const [index, time] of before.entries()) expect(after[index]).toBeCloseTo(time, 3);
      }
    });
  });

  it('keep ten bits of a source that has them, in H.265 and AV1', async () => {
    for (const codec of ['h265', 'av1']) {
      const path = await fileOf(
        await results.of('h265_10bit', '--output', 'overlay', '--codec', codec, '--to', '0.4'),
        'overlay.',
      );
      const [video] = await probeStreams(path);
      expect(video).toMatchObject({ codec_name: codec === 'h265' ? 'hevc' : 'av1', pix_fmt: 'yuv420p10le' });
      expect(await frameSeconds(path)).toHaveLength(10);
    }
  });

  it('are smaller where that was asked for, of the same shape', async () => {
    const args = [
      '--output',
      `${VIDEOS},masks,coco,table`,
      '--longest-side',
      '128',
      '--legend',
      '--outline',
      '--to',
      '0.2',
    ];
    const result = await results.of('anamorphic', ...args);
    for (const file of ['overlay.', 'mask.', 'matte.', 'alpha.']) {
      const [video] = await probeStreams(await fileOf(result, file));
      expect(video, file).toMatchObject({ width: 128, height: 102, sample_aspect_ratio: '16:15' });
    }
    const [mask] = await masksOf(result);
    expect([mask?.width, mask?.height]).toEqual([128, 102]);
    const { images } = JSON.parse(await readFile(join(result, 'coco.json'), 'utf8')) as { images: object[] };
    expect(images[0]).toMatchObject({ width: 128, height: 102 });
    const [row] = await rows(result);
    expect(Object.values(row?.classes ?? {}).reduce((sum, { pixels }) => sum + pixels, 0)).toBe(360 * 288);
  });
});

interface Row {
  readonly frame: number;
  readonly pts: number;
  readonly classes: Readonly<Record<string, { readonly pixels: number; readonly share: number }>>;
  readonly regions?: Readonly<Record<string, Readonly<Record<string, { readonly pixels: number }>>>>;
}

async function rows(result: string): Promise<Row[]> {
  const text = await readFile(join(result, 'table.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

describe('exports', { timeout: 120_000 }, () => {
  const REGION = 'corner=0,0,100,0,100,80,0,80';
  const all = () =>
    results.of(
      'odd_size',
      ...[
        '--output',
        'masks,mask-video,matte,coco,cvat,label-studio,yolo,table',
        '--segment',
        '5',
        '--to',
        '0.4',
        '--region',
        REGION,
      ],
    );

  interface Coco<Segmentation> {
    readonly images: readonly { readonly id: number; readonly frame: number }[];
    readonly annotations: readonly {
      readonly id: number;
      readonly image_id: number;
      readonly category_id: number;
      readonly iscrowd: number;
      readonly area: number;
      readonly bbox: readonly [number, number, number, number];
      readonly segmentation: Segmentation;
    }[];
    readonly categories: readonly { readonly id: number; readonly index: number; readonly name: string }[];
  }
  const cocoOf = async <Segmentation>(result: string) =>
    JSON.parse(await readFile(join(result, 'coco.json'), 'utf8')) as Coco<Segmentation>;

  it('of COCO have an annotation a connected area, which together are the masks of the PNG sequence', async () => {
    const masks = await masksOf(await all());
    const coco = await cocoOf<readonly [readonly number[]]>(await all());
    expect(coco.categories.map(({ id, index, name }) => [id, index, name])).toEqual([
      [1, 0, 'red'],
      [2, 1, 'green'],
      [3, 2, 'blue'],
    ]);
    expect(coco.images.map(({ frame }) => frame)).toEqual([...masks.keys()]);
    expect(coco.annotations.map(({ id }) => id)).toEqual([...coco.annotations.keys()].map((index) => index + 1));
    for (const { id, frame } of coco.images) {
      const mask = masks[frame] as Indexed;
      const painted = new Uint8Array(mask.pixels.length).fill(255);
      const own = coco.annotations.filter(({ image_id }) => image_id === id);
      for (const { category_id, segmentation, area, iscrowd } of own) {
        const alone = new Uint8Array(mask.pixels.length);
        const shares = segmentation[0].map((value, at) => value / (at % 2 === 0 ? mask.width : mask.height));
        paintPolygon(alone, mask, shares, 1);
        paintPolygon(painted, mask, shares, category_id - 1);
        expect([iscrowd, area]).toEqual([0, alone.filter((value) => value === 1).length]);
      }
      expect(Buffer.compare(painted, mask.pixels)).toBe(0);
    }
  });

  it('of COCO have a class in one piece as compressed runs where that is asked for', async () => {
    const result = await results.of('odd_size', '--output', 'masks,coco', '--coco', 'classes', '--to', '0.2');
    const masks = await masksOf(result);
    const coco = await cocoOf<{ readonly size: [number, number]; readonly counts: string }>(result);
    for (const { id, frame } of coco.images) {
      const mask = masks[frame] as Indexed;
      const painted = new Uint8Array(mask.pixels.length).fill(255);
      const own = coco.annotations.filter(({ image_id }) => image_id === id);
      for (const { category_id, segmentation, area, iscrowd } of own) {
        expect(segmentation.size).toEqual([mask.height, mask.width]);
        paintCounts(painted, segmentation.size, cocoCounts(segmentation.counts), category_id - 1);
        expect(area).toBe(mask.pixels.filter((label) => label === category_id - 1).length);
        expect(iscrowd).toBe(1);
      }
      expect(Buffer.compare(painted, mask.pixels)).toBe(0);
    }
  });

  it('of CVAT have them as colours that the label map names', async () => {
    const masks = await masksOf(await all());
    const files = await storedFiles(join(await all(), 'cvat.zip'));
    const names = masks.map((_, index) => `frame_${String(index).padStart(6, '0')}`);
    expect([...files.keys()]).toEqual([
      ...names.map((name) => `SegmentationClass/${name}.png`),
      'ImageSets/Segmentation/default.txt',
      'labelmap.txt',
    ]);
    expect(files.get('ImageSets/Segmentation/default.txt')?.toString()).toBe(`${names.join('\n')}\n`);
    const labels = files.get('labelmap.txt')?.toString() ?? '';
    expect(labels).toBe(
      '# label:color_rgb:parts:actions\nbackground:0,0,0::\nred:255,0,0::\ngreen:0,255,0::\nblue:0,0,255::\n',
    );
    for (const [index, mask] of masks.entries()) {
      const { pixels, palette } = indexedPng(files.get(`SegmentationClass/${names[index]}.png`) as Buffer);
      expect(Buffer.compare(pixels, mask.pixels)).toBe(0);
      expect(palette.slice(0, 3).map(([r, g, b]) => [r, g, b])).toEqual([
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ]);
    }
  });

  it('of Label Studio have them as brushes', async () => {
    const masks = await masksOf(await all());
    const tasks = JSON.parse(await readFile(join(await all(), 'label-studio.json'), 'utf8')) as {
      data: { frame: number };
      predictions: { result: { value: { rle: number[]; brushlabels: string[] } }[] }[];
    }[];
    expect(tasks.map(({ data }) => data.frame)).toEqual([...masks.keys()]);
    for (const { data, predictions } of tasks) {
      const mask = masks[data.frame] as Indexed;
      const painted = new Uint8Array(mask.pixels.length).fill(255);
      for (const { value } of predictions[0]?.result ?? []) {
        const id = ['red', 'green', 'blue'].indexOf(value.brushlabels[0] as string);
        const rgba = brushBytes(value.rle);
        expect(rgba).toHaveLength(4 * painted.length);
        for (let at = 0; at < painted.length; at++) if (rgba[4 * at + 3] === 255) painted[at] = id;
      }
      expect(Buffer.compare(painted, mask.pixels)).toBe(0);
    }
  });

  it('of YOLO outline them to within simplification', async () => {
    const masks = await masksOf(await all());
    const labels = join(await all(), 'yolo', 'labels');
    const names = (await readdir(labels)).sort();
    expect(names).toHaveLength(masks.length);
    expect(await readFile(join(await all(), 'yolo', 'data.yaml'), 'utf8')).toContain(
      'names:\n  0: "red"\n  1: "green"\n  2: "blue"\n',
    );
    // With a path, trainers look for the pictures where they are started, not beside the labels.
    expect(await readFile(join(await all(), 'yolo', 'data.yaml'), 'utf8')).not.toMatch(/^path:/m);
    for (const [index, mask] of masks.entries()) {
      const painted = new Uint8Array(mask.pixels.length).fill(255);
      const lines = (await readFile(join(labels, names[index] as string), 'utf8')).trim().split('\n');
      for (const line of lines) {
        const [id, ...shares] = line.split(' ').map(Number);
        expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
        paintPolygon(painted, mask, shares, id as number);
      }
      const equal = painted.filter((label, at) => label === mask.pixels[at]).length;
      expect(equal / painted.length).toBeGreaterThan(0.97);
    }
  });

  it('as lossless video hold the very class indices, as palette PNG and as FFV1', async () => {
    const masks = await masksOf(await all());
    const pngs = await pngsOf(join(await all(), 'mask.mkv'));
    expect(pngs).toHaveLength(masks.length);
    for (const [index, mask] of masks.entries()) {
      expect(Buffer.compare((pngs[index] as Indexed).pixels, mask.pixels)).toBe(0);
      expect(pngs[index]?.palette.slice(0, 3).map((color) => color.slice(0, 3))).toEqual([
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ]);
    }
    const ffv1 = await results.of(
      'odd_size',
      '--output',
      'mask-video',
      '--mask-codec',
      'ffv1',
      '--segment',
      '5',
      '--to',
      '0.4',
    );
    const greys = await greysOf(join(ffv1, 'mask.mkv'), 321 * 241);
    expect(greys).toHaveLength(masks.length);
    for (const [index, mask] of masks.entries())
      expect(Buffer.compare(greys[index] as Uint8Array, mask.pixels)).toBe(0);
  });

  it('as tables count the pixels of the masks, whole and in regions, the same in all three formats', async () => {
    const masks = await masksOf(await all());
    const lines = await rows(await all());
    const csv = (await readFile(join(await all(), 'table.csv'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const bytes = await readFile(join(await all(), 'table.parquet'));
    const parquet = await parquetReadObjects({ file: Uint8Array.from(bytes).buffer });
    expect([lines.length, csv.length - 1, parquet.length]).toEqual(Array(3).fill(masks.length));
    for (const [index, mask] of masks.entries()) {
      for (const [id, name] of ['red', 'green', 'blue'].entries()) {
        const pixels = mask.pixels.filter((label) => label === id).length;
        expect(lines[index]?.classes[name]?.pixels).toBe(pixels);
        expect(parquet[index]?.[`${name}_pixels`]).toBe(pixels);
        const corner = mask.pixels.filter((label, at) => label === id && at % mask.width < 100 && at < 80 * mask.width);
        expect(lines[index]?.regions?.corner?.[name]?.pixels).toBe(corner.length);
      }
      const [head, values] = [csv[0] as string[], csv[index + 1] as string[]];
      for (const [at, column] of head.entries()) expect(String(parquet[index]?.[column])).toBe(values[at]);
    }
  });

  it('are refused where a region lies outside the picture', async () => {
    const out = join(results.folder, 'region');
    const { error } = await results.run(await clip('gif'), '-o', out, '--region', 'far=900,900,950,900,950,950');
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('holds no pixel of the picture') });
  });
});
