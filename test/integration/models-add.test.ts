import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerModels } from '../../src/cli/models/models.js';
import { createSegmenter } from '../../src/inference/segmenter.js';
import { type CommandResult, runCommand } from '../support/commands.js';
import { type ConstantSpec, elementType, encodeOnnx, type NodeSpec, type ValueSpec } from '../support/onnx.js';
import { writeModel } from '../support/test-models.js';

/** Third parties' networks of every kind that is usual: each is brought in as it is meant, or refused with the reason. */

let folder: string;
let modelsDir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-add-'));
  modelsDir = join(folder, 'models');
  await mkdir(modelsDir);
});
afterAll(() => rm(folder, { recursive: true }));

const LUMA = [0.299, 0.587, 0.114];
const IMAGE: ValueSpec = { name: 'image', type: 'uint8', shape: [1, 'height', 'width', 3] };
const constant = (name: string, shape: readonly number[], ...values: number[]): ConstantSpec => ({
  name,
  shape,
  values: Float32Array.from(values),
});
const cast = (from: string, to: string, type: Parameters<typeof elementType>[0]): NodeSpec => ({
  op: 'Cast',
  inputs: [from],
  outputs: [to],
  attributes: { to: elementType(type) },
});
const conv = (inputs: readonly string[], to: string): NodeSpec => ({
  op: 'Conv',
  inputs,
  outputs: [to],
  attributes: { kernel_shape: [1, 1] },
});
const pool = (from: string, to: string, side: number): NodeSpec => ({
  op: 'AveragePool',
  inputs: [from],
  outputs: [to],
  attributes: { kernel_shape: [side, side], strides: [side, side] },
});

/** Mean luma, 0 to 255, of cells of `stride` pixels; then whatever `nodes` make of it. */
function network(
  outputs: readonly ValueSpec[],
  nodes: readonly NodeSpec[],
  constants: readonly ConstantSpec[] = [],
  stride = 4,
) {
  return encodeOnnx({
    inputs: [IMAGE],
    outputs,
    constants: [constant('weights', [1, 3, 1, 1], ...LUMA), ...constants],
    nodes: [
      cast('image', 'floats', 'float32'),
      { op: 'Transpose', inputs: ['floats'], outputs: ['planes'], attributes: { perm: [0, 3, 1, 2] } },
      pool('planes', 'cells', stride),
      conv(['cells', 'weights'], 'luma'),
      ...nodes,
    ],
  });
}

/** Logits of dark and bright. */
const LOGITS = [conv(['luma', 'w', 'b'], 'logits')];
const LOGITS_CONSTANTS = [constant('w', [2, 1, 1, 1], -0.2, 0.2), constant('b', [2], 25.5, -25.5)];
const output = (name: string, type: ValueSpec['type'], ...shape: (number | string)[]): ValueSpec => ({
  name,
  type,
  shape,
});

let count = 0;
async function add(onnx: Uint8Array, ...flags: string[]): Promise<CommandResult & { readonly dir: string }> {
  count += 1;
  const path = join(folder, `net-${count}.onnx`);
  await writeFile(path, onnx);
  const result = await runCommand(registerModels, [
    'models',
    'add',
    path,
    '--yes',
    '--models-dir',
    modelsDir,
    ...flags,
  ]);
  return { ...result, dir: join(modelsDir, `net-${count}`) };
}

const manifestOf = async (dir: string) => JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));

/** Share of class 1 that a network gives a picture whose right half is white. */
async function brightShare(dir: string, width = 192, height = 128): Promise<number> {
  const segmenter = await createSegmenter({ model: dir, workers: 1, threads: 1 });
  try {
    const geometry = { source: { width, height }, ...segmenter.geometryFor({ width, height }) };
    const { analysis } = geometry;
    const data = new Uint8Array(new SharedArrayBuffer(analysis.width * analysis.height * 3));
    for (let at = 0; at < data.length; at += 1)
      data[at] = Math.floor(at / 3) % analysis.width < analysis.width / 2 ? 0 : 255;
    const inference = await segmenter.segment(
      'test',
      {
        number: 0,
        pts: { ticks: 0, timeBase: { num: 1, den: 1 } },
        capturedAt: 0 as never,
        discontinuity: true,
        geometry: { ...geometry, picture: geometry.source },
        jpeg: undefined,
        pixels: { data, retain: () => {}, release: () => {} },
      },
      { newestOnly: false },
    );
    const { scores } = inference as NonNullable<typeof inference>;
    const pixels = scores.size.width * scores.size.height;
    let bright = 0;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      if ((scores.data[pixels + pixel] as number) > (scores.data[pixel] as number)) bright += 1;
    }
    inference?.release();
    return bright / pixels;
  } finally {
    await segmenter.close();
  }
}

describe('a network that gives no numbers', () => {
  const nan = () =>
    network(
      [output('logits', 'float32', 1, 3, 'r', 'c')],
      [conv(['luma', 'w'], 'logits')],
      [constant('w', [3, 1, 1, 1], Number.NaN, Number.NaN, Number.NaN)],
    );

  it('is refused, and nothing is left', async () => {
    const { error, dir } = await add(nan());
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/"logits" is not a number/) });
    expect(await readdir(modelsDir)).not.toContain(dir.split('/').at(-1));
  });

  it('is found by verify and at the start', async () => {
    const broken = join(folder, 'broken');
    await writeModel(join(broken, 'nan'), nan(), {
      input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic' } },
      output: { tensor: 'logits', kind: 'logits', stride: 4 },
      classes: ['a', 'b', 'c'].map((name, id) => ({ id, name, color: [id, id, id] as [number, number, number] })),
    });
    const { stdout, error } = await runCommand(registerModels, ['models', 'verify', '--models-dir', broken]);
    expect(error).toMatchObject({ code: 'MODEL_INVALID' });
    expect(stdout).toMatch(/^FAILED {2}nan: output "logits" is not a number \(NaN or infinite\) in \d+ of \d+ values/m);
  });
});

describe('one value a pixel', () => {
  const steep = [constant('w', [1, 1, 1, 1], 0.2), constant('b', [1], -25.5)];
  const mask = (type: ValueSpec['type']) =>
    network(
      [output('mask', type, 1, 1, 'r', 'c')],
      [
        { op: 'Greater', inputs: ['luma', 'half'], outputs: ['on'] },
        cast('on', 'one', 'float32'),
        { op: 'Mul', inputs: ['one', 'top'], outputs: ['full'] },
        cast('full', 'mask', type),
      ],
      [constant('half', [1], 127.5), constant('top', [1], 255)],
    );

  it.each(['uint8', 'int32', 'int64', 'float32'] as const)('of 0 and 255 as %s is a mask', async (type) => {
    const { error, dir, stdout } = await add(mask(type));
    expect(error).toBeUndefined();
    expect(stdout).toContain('--kind: mask');
    expect((await manifestOf(dir)).output).toMatchObject({ kind: 'probabilities', scale: 1 / 255 });
    expect(await brightShare(dir)).toBeCloseTo(0.5, 1);
  });

  it('may be a probability without a channel', async () => {
    const { error, dir } = await add(
      network(
        [output('mask', 'float32', 1, 'r', 'c')],
        [
          conv(['luma', 'w', 'b'], 'z'),
          { op: 'Sigmoid', inputs: ['z'], outputs: ['s'] },
          { op: 'Squeeze', inputs: ['s', 'axis'], outputs: ['mask'] },
        ],
        [...steep, { name: 'axis', shape: [1], values: BigInt64Array.of(1n) }],
      ),
    );
    expect(error).toBeUndefined();
    expect((await manifestOf(dir)).output).toMatchObject({ kind: 'probabilities', layout: 'NCHW', stride: 4 });
    expect(await brightShare(dir)).toBeCloseTo(0.5, 1);
  });

  it('that is 0 on every test picture needs a person to say what it is', async () => {
    const onnx = network(
      [output('mask', 'uint8', 1, 1, 'r', 'c')],
      [{ op: 'Mul', inputs: ['luma', 'zero'], outputs: ['nothing'] }, cast('nothing', 'mask', 'uint8')],
      [constant('zero', [1], 0)],
    );
    expect((await add(onnx, '--classes', 'a,b')).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/give --kind: labels or mask/),
    });
    expect((await add(onnx, '--kind', 'mask')).error).toBeUndefined();
  });
});

describe('labels', () => {
  const labels = (type: ValueSpec['type'], step = 64) =>
    network(
      [output('labels', type, 1, 1, 'r', 'c')],
      [
        { op: 'Div', inputs: ['luma', 'step'], outputs: ['quotient'] },
        { op: 'Floor', inputs: ['quotient'], outputs: ['index'] },
        cast('index', 'labels', type),
      ],
      [constant('step', [1], step)],
    );

  it('need names: how many there are, no trial shows', async () => {
    expect((await add(labels('int64'))).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/--classes: .*labels up to 3 were seen .*\(no guess\)/),
    });
    expect((await add(labels('int64'), '--classes', 'a,b')).error).toMatchObject({
      code: 'USAGE',
      message: 'the network gives labels up to 3 on test pictures; "a,b" names the classes 0 to 1',
    });
  });

  it.each(['int8', 'int16', 'uint8', 'int64', 'float16', 'float64'] as const)('may be %s', async (type) => {
    const { error, dir } = await add(
      labels(type),
      '--classes',
      'a,b,c,d',
      ...(type.startsWith('float') ? ['--kind', 'labels'] : []),
    );
    expect(error).toBeUndefined();
    const { output: drafted, classes } = await manifestOf(dir);
    expect([drafted.kind, classes.length]).toEqual(['labels', 4]);
  });

  it('as true and false have two classes', async () => {
    const { error, dir } = await add(
      network(
        [output('on', 'bool', 1, 1, 'r', 'c')],
        [{ op: 'Greater', inputs: ['luma', 'half'], outputs: ['on'] }],
        [constant('half', [1], 127.5)],
      ),
    );
    expect(error).toBeUndefined();
    expect(await brightShare(dir)).toBeCloseTo(0.5, 1);
  });

  it('that are no classes of the manifest are found at the start', async () => {
    const dir = await writeModel(join(folder, 'few'), labels('uint8'), {
      input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic' } },
      output: { tensor: 'labels', kind: 'labels', stride: 4 },
      classes: ['a', 'b'].map((name, id) => ({ id, name, color: [id, id, id] as [number, number, number] })),
    });
    await expect(createSegmenter({ model: dir, workers: 1 })).rejects.toMatchObject({
      code: 'MANIFEST_MISMATCH',
      message: expect.stringMatching(/gives the labels 2, 3 for a test picture; the manifest has classes 0 to 1/),
    });
  });
});

it('of several outputs the finest is taken, and said', async () => {
  const onnx = network(
    [output('aux', 'float32', 1, 2, 'r2', 'c2'), output('logits', 'float32', 1, 2, 'r', 'c')],
    [...LOGITS, pool('logits', 'aux', 8)],
    LOGITS_CONSTANTS,
  );
  const { error, dir, stdout } = await add(onnx);
  expect(error).toBeUndefined();
  expect((await manifestOf(dir)).output).toMatchObject({ tensor: 'logits', stride: 4 });
  expect(stdout).toMatch(/^ {2}--output: logits$/m);
  const coarse = await add(onnx, '--output', 'aux', '--json');
  expect((await manifestOf(coarse.dir)).output).toMatchObject({ tensor: 'aux', stride: 32 });
  expect(JSON.parse(coarse.stdout).guessed).not.toHaveProperty('--output');
});

describe('a float input', () => {
  const float = (from: ValueSpec['type'], to: ValueSpec['type'], weights: readonly number[], bias: readonly number[]) =>
    encodeOnnx({
      inputs: [output('image', from, 1, 3, 'h', 'w')],
      outputs: [output('logits', to, 1, 2, 'r', 'c')],
      constants: [constant('w', [2, 3, 1, 1], ...weights), constant('b', [2], ...bias)],
      nodes: [
        cast('image', 'f', 'float32'),
        pool('f', 'cells', 4),
        conv(['cells', 'w', 'b'], 'out'),
        cast('out', 'logits', to),
      ],
    });
  const unit = [...LUMA.map((v) => -40 * v), ...LUMA.map((v) => 40 * v)];

  it.each([
    ['float16', 'float32'],
    ['float32', 'float16'],
    ['float16', 'float16'],
    ['float64', 'float64'],
  ] as const)('may be %s with %s out', async (from, to) => {
    const { error, dir } = await add(float(from, to, unit, [20, -20]), '--normalization', 'unit');
    expect(error).toBeUndefined();
    expect((await manifestOf(dir)).input.type).toBe(from);
    expect(await brightShare(dir)).toBeCloseTo(0.5, 1);
  });

  it.each([
    [['--mean', '104,117,123', '--color-order', 'BGR'], { scale: 1, mean: [104, 117, 123], std: [1, 1, 1] }],
    [['--mean', '0.5', '--std', '0.25'], { scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }],
    [['--mean', '127.5', '--std', '127.5'], { scale: 1, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] }],
    [['--scale', '1/128', '--mean', '1'], { scale: 1 / 128, mean: [1, 1, 1], std: [1, 1, 1] }],
  ])('takes figures by flag: %j', async (flags, expected) => {
    const { error, dir } = await add(float('float32', 'float32', unit, [20, -20]), ...flags);
    expect(error).toBeUndefined();
    expect((await manifestOf(dir)).input).toMatchObject(expected);
  });

  it.each([
    [['--mean', '1,2'], /--mean must be one number or three with commas; received "1,2"/],
    [['--std', '1,0,1'], /--std must be above 0/],
    [['--scale', 'large'], /--scale must be a number above 0 or a fraction/],
  ])('refuses other figures: %j', async (flags, message) => {
    const { error } = await add(float('float32', 'float32', unit, [20, -20]), ...flags);
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) });
  });

  it('is what such figures are for', async () => {
    const { error } = await add(
      network([output('logits', 'float32', 1, 2, 'r', 'c')], LOGITS, LOGITS_CONSTANTS),
      '--mean',
      '0.5',
    );
    expect(error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/"image" is uint8 and takes pixels as they are/),
    });
  });
});

it.each([
  [48, 16, 3],
  [64, 32, 2],
  [96, 32, 3],
])('sides in multiples of %i are found', async (multipleOf, stride, factor) => {
  const { error, dir } = await add(
    network(
      [output('logits', 'float32', 1, 2, 'r', 'c')],
      [
        pool('luma', 'low', factor),
        {
          op: 'ConvTranspose',
          inputs: ['low', 'ones'],
          outputs: ['up'],
          attributes: { kernel_shape: [factor, factor], strides: [factor, factor] },
        },
        { op: 'Add', inputs: ['luma', 'up'], outputs: ['sum'] },
        conv(['sum', 'w', 'b'], 'logits'),
      ],
      [...LOGITS_CONSTANTS, constant('ones', [1, 1, factor, factor], ...Array(factor ** 2).fill(0.001))],
      stride,
    ),
  );
  expect(error).toBeUndefined();
  expect((await manifestOf(dir)).input.size).toMatchObject({ kind: 'dynamic', multipleOf });
  const share = await brightShare(dir, 160, 96);
  expect(share).toBeGreaterThan(0.3);
  expect(share).toBeLessThan(0.7);
});

it('words of onnxruntime and names of temporary folders do not reach people', async () => {
  const unknown = network(
    [output('logits', 'float32', 1, 2, 'r', 'c')],
    [{ op: 'NoSuchOperator', inputs: ['luma'], outputs: ['logits'] }],
  );
  const whole = network([output('logits', 'float32', 1, 2, 'r', 'c')], LOGITS, LOGITS_CONSTANTS);
  const messages = await Promise.all(
    [unknown, whole.subarray(0, whole.length / 2), Buffer.from('no network')].map(
      async (onnx) => (await add(onnx)).error as Error,
    ),
  );
  for (const { message } of messages)
    expect(message).not.toMatch(/ONNXRuntimeError|Load model|onnxruntime_src|\.adding-|:\d+ /);
  expect(messages[0]?.message).toMatch(/it needs the operator NoSuchOperator/);
});
