import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerProcess } from '../../../src/cli/process/process.js';
import { runCommand } from '../../support/commands.js';
import { indexedPng } from '../../support/exports.js';
import { BARCODE_BITS, BARCODE_SIZE, barcodeClip, CELL_WIDTH } from '../../support/media/barcode.js';
import { writeLumaThresholdModel } from '../../support/test-models.js';

/** Frames beside their labels: every picture is the very frame that its labels are of. */

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-frames-'));
  model = await writeLumaThresholdModel(join(folder, 'luma'), { stride: 4 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const OUTPUTS = 'frames,masks,coco,yolo,semantic,cityscapes,label-studio,table';

async function results(name: string, ...args: string[]): Promise<string> {
  const [out, clip] = [join(folder, name), await barcodeClip(24, 25)];
  const run = ['process', clip, '-o', out, '-m', model, '--output', OUTPUTS, '--segment', '3', ...args];
  const { error } = await runCommand(registerProcess, run);
  expect(error).toBeUndefined();
  return join(out, (await readdir(out))[0] as string);
}

/** The number that a picture shows. */
async function numberIn(path: string): Promise<number> {
  const { data, info } = await sharp(path).greyscale().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([BARCODE_SIZE.width, BARCODE_SIZE.height]);
  const middle = (info.height >> 1) * info.width + CELL_WIDTH / 2;
  return Array.from({ length: BARCODE_BITS }, (_, bit) =>
    (data[middle + bit * CELL_WIDTH] as number) > 127 ? 2 ** bit : 0,
  ).reduce((sum, value) => sum + value, 0);
}

describe('frames beside their labels', { timeout: 60_000 }, () => {
  it('are those that were segmented, in folders where each format looks for them', async () => {
    const result = await results('jpeg', '--from', '0.2', '--every', '2');
    const rows = (await readFile(join(result, 'table.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const numbers = rows.map(({ seconds }) => Math.round(seconds * 25));
    expect(numbers).toEqual(Array.from({ length: 10 }, (_, index) => 5 + 2 * index));
    const name = (index: number, ending: string) => `frame_${String(index).padStart(6, '0')}.${ending}`;
    for (const place of ['frames', 'yolo/images', 'semantic/images']) {
      expect((await readdir(join(result, place))).sort()).toEqual(numbers.map((_, index) => name(index, 'jpg')));
    }
    for (const [index, number] of numbers.entries()) {
      expect(await numberIn(join(result, 'frames', name(index, 'jpg')))).toBe(number);
    }
    const coco = JSON.parse(await readFile(join(result, 'coco.json'), 'utf8'));
    expect(coco.images.map((image: { file_name: string }) => image.file_name)).toEqual(
      numbers.map((_, index) => name(index, 'jpg')),
    );
    const [task] = JSON.parse(await readFile(join(result, 'label-studio.json'), 'utf8'));
    expect(task.data.image).toBe('frame_000000.jpg');
  });

  it('have masks for trainers, as Ultralytics and Cityscapes lay them out', async () => {
    const result = await results(
      'png',
      ...[
        '--to',
        '0.2',
        '--frame-format',
        'png',
        '--classes',
        'bright',
        '--picture-prefix',
        '/data/local-files/?d=walk/',
      ],
    );
    const [first] = (await readdir(join(result, 'masks'))).sort();
    const mask = indexedPng(await readFile(join(result, 'masks', first as string)));
    const wanted = mask.pixels.map((label) => (label === 1 ? 0 : 255));
    const semantic = indexedPng(await readFile(join(result, 'semantic', 'masks', 'frame_000000.png')));
    expect(Buffer.compare(semantic.pixels, wanted)).toBe(0);
    expect(await readFile(join(result, 'semantic', 'data.yaml'), 'utf8')).toMatch(
      /^train: images\nval: images\nmasks_dir: masks\nnames:\n {2}0: "bright"\n$/m,
    );
    const city = 'barcode-24-25';
    const labels = join(result, 'cityscapes', 'gtFine', 'train', city);
    expect((await readdir(labels)).sort()[0]).toBe(`${city}_000000_000000_gtFine_labelIds.png`);
    const picture = join(result, 'cityscapes', 'leftImg8bit', 'train', city, `${city}_000000_000004_leftImg8bit.png`);
    expect(await numberIn(picture)).toBe(4);
    expect(await readFile(join(result, 'cityscapes', 'label_colors.txt'), 'utf8')).toBe('255 255 255 bright\n');
    const [task] = JSON.parse(await readFile(join(result, 'label-studio.json'), 'utf8'));
    expect(task.data.image).toBe('/data/local-files/?d=walk/frame_000000.png');
  });
});
