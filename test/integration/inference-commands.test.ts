import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { registerEval } from '../../src/cli/eval/eval.js';
import { registerModels } from '../../src/cli/models/models.js';
import { manifestSchema } from '../../src/inference/manifest.js';
import { type CommandResult, runCommand } from '../support/commands.js';
import {
  COLOR_CLASSES,
  type ColorModelOptions,
  writeColorModel,
  writeLumaThresholdModel,
} from '../support/test-models.js';

const SHIPPED = fileURLToPath(new URL('../../models/', import.meta.url));

let folder: string;
let modelsDir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-commands-'));
  modelsDir = join(folder, 'models');
  await mkdir(modelsDir);
  await writeLumaThresholdModel(join(modelsDir, 'luma'), { stride: 4 });
  await writeColorModel(join(modelsDir, 'colors'), { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 2 });
});
afterAll(() => rm(folder, { recursive: true }));

const models = (...args: string[]): Promise<CommandResult> =>
  runCommand(registerModels, ['models', ...args, '--models-dir', modelsDir]);
const json = ({ stdout }: CommandResult) => JSON.parse(stdout);

describe('models list', () => {
  it('names every network with its licence', async () => {
    const { stdout } = await models('list');
    expect(stdout).toMatch(/^colors +3 classes +CC0-1\.0$/m);
    expect(stdout).toMatch(/^luma +2 classes +CC0-1\.0$/m);
    expect(json(await models('list', '--json'))).toMatchObject([{ name: 'colors' }, { name: 'luma' }]);
  });

  it('shows a broken one as broken, beside the others', async () => {
    const broken = join(folder, 'broken');
    await cp(modelsDir, broken, { recursive: true });
    await writeFile(join(broken, 'luma', 'manifest.json'), '{}');
    const { stdout } = await runCommand(registerModels, ['models', 'list', '--models-dir', broken]);
    expect(stdout).toMatch(/^colors +3 classes/m);
    expect(stdout).toMatch(/^luma +broken: .*manifest\.json: name: /m);
  });
});

describe('models show', () => {
  it('begins with the licence and tells the essence', async () => {
    const { stdout } = await models('show', 'luma');
    expect(stdout).toMatch(/^luma\n\nLicence +CC0-1\.0\n/);
    expect(stdout).toContain('"image": uint8 NHWC RGB, any size in multiples of 4');
    expect(stdout).toContain('"logits": logits, NCHW, one value for 4×4 pixels');
    expect(stdout).toContain('opset 13');
    expect(stdout).toMatch(/1 {2}bright/);
  });

  it('names the networks there are when asked for another one', async () => {
    const { error } = await models('show', 'lama');
    expect(error).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: 'there is no model "lama"; there are: colors, luma (a folder is named with a slash: ./lama)',
    });
  });
});

describe('models verify', () => {
  it('passes networks that work', async () => {
    expect((await models('verify')).stdout).toMatch(/^ok {6}colors\b.*\nok {6}luma\b.*\n/);
    expect(json(await models('verify', 'luma', '--json'))).toMatchObject([{ name: 'luma', ok: true }]);
  });

  it('fails with those that do not, and checks the others all the same', async () => {
    const broken = join(folder, 'unverified');
    await cp(modelsDir, broken, { recursive: true });
    await writeFile(join(broken, 'colors', 'model.onnx'), 'half a file');
    const { stdout, error } = await runCommand(registerModels, ['models', 'verify', '--models-dir', broken]);
    expect(stdout).toMatch(/^FAILED {2}colors: .* has sha256/m);
    expect(stdout).toMatch(/^ok {6}luma\b/m);
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: "1 of 2 networks can't be used: colors" });
  });
});

describe('models add', () => {
  const cases: readonly (readonly [string, ColorModelOptions, readonly string[]])[] = [
    ['uint8', { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 }, []],
    [
      'float',
      {
        type: 'float32',
        layout: 'NCHW',
        scale: 1 / 255,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        kind: 'probabilities',
        stride: 4,
      },
      ['--normalization', 'imagenet'],
    ],
    [
      'bgr',
      {
        type: 'float32',
        layout: 'NHWC',
        colorOrder: 'BGR',
        scale: 1 / 255,
        mean: [0.406, 0.456, 0.485],
        std: [0.225, 0.224, 0.229],
        kind: 'logits',
        outputLayout: 'NHWC',
        stride: 2,
      },
      ['--normalization', 'imagenet', '--color-order', 'BGR'],
    ],
    ['fixed', { type: 'uint8', layout: 'NCHW', size: { width: 64, height: 48 }, kind: 'logits', stride: 4 }, []],
    ['labels', { type: 'uint8', layout: 'NHWC', kind: 'labels', labelType: 'int64', stride: 1 }, []],
  ];

  it.each(cases)('drafts the manifest that the network needs: %s', async (name, options, flags) => {
    const source = await writeColorModel(join(folder, 'third-party', name), options);
    const result = await models(
      'add',
      join(source, 'model.onnx'),
      ...['--name', name, '--classes', 'red,green,blue', '--licence', 'MIT', '--data', 'nothing', '--yes', '--json'],
      ...flags,
    );
    expect(result.error).toBeUndefined();
    const written = JSON.parse(await readFile(join(modelsDir, name, 'manifest.json'), 'utf8'));
    const wanted = manifestSchema.parse(JSON.parse(await readFile(join(source, 'manifest.json'), 'utf8')));
    expect(written.output).toEqual(wanted.output);
    expect({ ...written.input, size: undefined }).toEqual({ ...wanted.input, size: undefined });
    expect(written.input.size).toEqual(
      options.size ? { kind: 'fixed', ...options.size } : { kind: 'dynamic', multipleOf: 32, longestSide: 512 },
    );
    expect(written).toMatchObject({ name, licence: 'MIT', data: 'nothing' });
    expect(written.classes.map((entry: { name: string }) => entry.name)).toEqual(['red', 'green', 'blue']);
    expect(await readFile(join(modelsDir, name, 'README.md'), 'utf8')).toContain('**Licence of the weights:** MIT');
    await rm(join(modelsDir, name), { recursive: true });
  });

  it('takes names, colours and the ignore index from a class file of a data set', async () => {
    const source = await writeColorModel(join(folder, 'third-party', 'named'), cases[0]?.[1] as ColorModelOptions);
    const classes = join(folder, 'classes.json');
    await writeFile(classes, JSON.stringify({ ignoreIndex: 255, classes: COLOR_CLASSES }));
    const { manifest } = json(
      await models('add', join(source, 'model.onnx'), '--name', 'named', '--classes', classes, '-y', '--json'),
    );
    expect(manifest).toMatchObject({ ignoreIndex: 255, classes: COLOR_CLASSES, licence: 'unknown' });
    await rm(join(modelsDir, 'named'), { recursive: true });
  });

  it('makes a name of a file name, and says which answers are guesses', async () => {
    const source = await writeColorModel(join(folder, 'third-party', 'plain'), cases[0]?.[1] as ColorModelOptions);
    const path = join(source, 'city scapes (best).onnx');
    await cp(join(source, 'model.onnx'), path);
    const { stdout } = await models('add', path, '--licence', 'MIT', '--yes');
    expect(stdout).toContain('Added city-scapes-best');
    expect(stdout).toMatch(/Guessed .*:\n {2}--name: city-scapes-best\n {2}--classes: class-0,…,class-2\n/);
    expect(stdout).not.toContain('--licence:');
    const { classes } = JSON.parse(await readFile(join(modelsDir, 'city-scapes-best', 'manifest.json'), 'utf8'));
    expect(classes.map((entry: { name: string }) => entry.name)).toEqual(['class-0', 'class-1', 'class-2']);
    await rm(join(modelsDir, 'city-scapes-best'), { recursive: true });
  });

  it('makes the folder of the networks where there is none', async () => {
    const dir = join(folder, 'new', 'models');
    const path = join(modelsDir, 'luma', 'model.onnx');
    const { error } = await runCommand(registerModels, ['models', 'add', path, '--yes', '--models-dir', dir]);
    expect(error).toBeUndefined();
    expect(await readdir(dir)).toEqual(['model']);
  });

  it('says what it can not know, away from a terminal', async () => {
    const { error } = await models('add', join(modelsDir, 'luma', 'model.onnx'), '--name', 'second');
    expect(error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/--classes: Names of the 2 classes.*\n.*--color-order.*\n(.*\n)*.*--licence/),
    });
  });

  it.each([
    ['a taken name', ['--name', 'colors'], 'CONFLICT', /colors exists; choose another name/],
    ['an impossible name', ['--name', '../escape'], 'USAGE', /received "\.\.\/escape"/],
    [
      'another number of classes',
      ['--name', 'x', '--classes', 'a,b,c'],
      'USAGE',
      /the network has 2 classes; "a,b,c" names 3/,
    ],
    [
      'an output that is not there',
      ['--name', 'x', '--output', 'scores'],
      'MODEL_INVALID',
      /no output "scores" that labels pixels/,
    ],
  ])('refuses %s and leaves nothing behind', async (_, flags, code, message) => {
    const before = await readdir(modelsDir);
    const { error } = await models('add', join(modelsDir, 'luma', 'model.onnx'), '--yes', ...flags);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(modelsDir)).toEqual(before);
  });

  it('refuses a file that is no network', async () => {
    const path = join(folder, 'text.onnx');
    await writeFile(path, 'this is no network');
    expect((await models('add', path, '--yes')).error).toMatchObject({ code: 'MODEL_INVALID' });
    expect((await models('add', join(folder, 'nothing.onnx'), '--yes')).error).toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });
});

it('the schema that editors get is the one that checks manifests', async () => {
  const file = await readFile(join(SHIPPED, 'manifest.schema.json'), 'utf8');
  expect(JSON.parse(file)).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(manifestSchema, { io: 'input' }))));
});

describe('eval', () => {
  let data: string;
  beforeAll(async () => {
    // Two pictures of 24×16: the left half red, the right half green; the second one's label calls its right half blue.
    data = join(folder, 'data');
    await mkdir(join(data, 'val', 'images'), { recursive: true });
    await mkdir(join(data, 'val', 'labels'));
    const [width, height] = [24, 16];
    const half = (left: number, right: number) =>
      Uint8Array.from({ length: width * height }, (_, at) => (at % width < width / 2 ? left : right));
    const pixels = Uint8Array.from([...half(0, 1)].flatMap((label) => (label === 0 ? [200, 30, 30] : [30, 200, 30])));
    for (const [name, label] of [
      ['a', half(0, 1)],
      ['b', half(0, 2)],
    ] as const) {
      await sharp(pixels, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(data, 'val', 'images', `${name}.png`));
      await writeFile(
        join(data, 'val', 'labels', `${name}.png`),
        encode({ width, height, data: label, channels: 1, depth: 8 }),
      );
    }
    await writeFile(join(data, 'classes.json'), JSON.stringify({ ignoreIndex: 255, classes: COLOR_CLASSES }));
  });

  const evaluate = (...args: string[]) =>
    runCommand(registerEval, [
      'eval',
      '--data',
      data,
      '--split',
      'val',
      '--models-dir',
      modelsDir,
      '-m',
      'colors',
      ...args,
    ]);

  it('scores a network over labelled pictures', async () => {
    const report = json(await evaluate('--json'));
    expect(report).toMatchObject({ model: 'colors', data: 'data', split: 'val', images: 2, pixelAccuracy: 0.75 });
    expect(report.classes.map((entry: { iou?: number }) => entry.iou)).toEqual([1, 0.5, 0]);
    expect(report.mIoU).toBeCloseTo(0.5, 10);
    expect(report.confusion).toEqual([
      [384, 0, 0],
      [0, 192, 0],
      [0, 192, 0],
    ]);
    expect(report.networkMs.mean).toBeGreaterThan(0);
  });

  it('prints tables for people', async () => {
    const { stdout, stderr } = await evaluate('--confusion');
    expect(stdout).toContain('colors on data val: 2 pictures');
    expect(stdout).toContain('mIoU 50.0 · pixel accuracy 75.0 · class accuracy 66.7');
    expect(stdout).toMatch(/^green +50\.0 +100\.0 +50\.0 +25\.0$/m);
    expect(stdout).toMatch(/^blue +0\.0 +100\.0 +0\.0$/m);
    expect(stderr).toBe('');
  });

  it('takes the pictures that it is told to take', async () => {
    expect(json(await evaluate('--limit', '1', '--json'))).toMatchObject({ images: 1, pixelAccuracy: 1 });
    expect(json(await evaluate('--every', '2', '--json'))).toMatchObject({ images: 1, pixelAccuracy: 1 });
  });

  it('judges a network by its own output, which may be finer than what viewers get', async () => {
    const stripes = join(folder, 'stripes');
    await mkdir(join(stripes, 'val', 'images'), { recursive: true });
    await mkdir(join(stripes, 'val', 'labels'));
    const [width, height] = [24, 16];
    const label = Uint8Array.from({ length: width * height }, (_, at) => ((at % width) >> 1) % 2);
    const pixels = Uint8Array.from([...label].flatMap((value) => (value === 0 ? [200, 30, 30] : [30, 200, 30])));
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(stripes, 'val', 'images', 'a.png'));
    await writeFile(
      join(stripes, 'val', 'labels', 'a.png'),
      encode({ width, height, data: label, channels: 1, depth: 8 }),
    );
    await cp(join(data, 'classes.json'), join(stripes, 'classes.json'));
    expect(json(await evaluate('--data', stripes, '--json'))).toMatchObject({ images: 1, pixelAccuracy: 1 });
  });

  it('scores as a stream would be served, too', async () => {
    expect(json(await evaluate('--longest-side', '12', '--json'))).toMatchObject({ images: 2, pixelAccuracy: 0.75 });
  });

  it('maps classes that have other names', async () => {
    const mapped = json(await evaluate('--merge', 'blue=green', '--map', 'blue=green', '--json'));
    expect(mapped).toMatchObject({ pixelAccuracy: 1, mIoU: 1 });
  });

  it.each([
    ['a split that is not there', ['--split', 'test'], 'DATASET_INVALID', /can't be read/],
    [
      'a network of other classes',
      ['-m', 'luma'],
      'DATASET_INVALID',
      /no class for the network's dark, bright \(see --map\)/,
    ],
    ['a network that is not there', ['-m', 'lama'], 'MODEL_NOT_FOUND', /there is no model in .*lama/],
  ])('refuses %s', async (_, args, code, message) => {
    expect((await evaluate(...args)).error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
