import { describe, expect, it } from 'vitest';
import { colors, namesFromMetadata } from '../../../../src/inference/adopt/draft.js';
import { draftOutput, draftOutputs } from '../../../../src/inference/adopt/draft-output.js';
import { pictureInput } from '../../../../src/inference/adopt/inspect.js';
import { noise, patches } from '../../../../src/inference/adopt/test-pictures.js';
import { summarise, together } from '../../../../src/inference/adopt/trial.js';
import { readOnnxHeader } from '../../../../src/inference/onnx/header.js';
import type { TrialOutput } from '../../../../src/inference/session-protocol.js';
import { encodeOnnx } from '../../../support/onnx.js';

const plane = { width: 512, height: 256 };
const output = (change: Partial<TrialOutput>): TrialOutput => ({
  name: 'out',
  type: 'float32',
  shape: [1, 21, 64, 128],
  min: -4,
  max: 9,
  whole: false,
  unusable: 0,
  values: undefined,
  sumsToOne: [],
  ...change,
});
const drafted = (...outputs: Partial<TrialOutput>[]) => draftOutput({ plane, outputs: outputs.map(output) });

describe('what a trial run shows of an output', () => {
  it.each([
    ['logits', {}, { kind: 'logits', layout: 'NCHW', stride: 4, classes: 21 }],
    ['interleaved logits', { shape: [1, 64, 128, 21] }, { kind: 'logits', layout: 'NHWC', stride: 4, classes: 21 }],
    ['probabilities', { min: 0, max: 1, sumsToOne: [1] }, { kind: 'probabilities', layout: 'NCHW', classes: 21 }],
    ['values in 0–1 that do not sum to 1', { min: 0, max: 1 }, { kind: 'logits', classes: 21 }],
    [
      'labels',
      { type: 'int64', shape: [1, 256, 512], min: 0, max: 18, whole: true },
      { kind: 'labels', stride: 1, classes: undefined },
    ],
    [
      'labels with a channel',
      { type: 'uint8', shape: [1, 1, 64, 128], min: 0, max: 18, whole: true },
      { kind: 'labels', layout: 'NCHW', stride: 4 },
    ],
    ['labels as float32', { shape: [1, 1, 64, 128], min: 0, max: 18, whole: true }, { kind: 'labels' }],
    [
      'one probability a pixel',
      { shape: [1, 1, 256, 512], min: 0, max: 1 },
      { kind: 'probabilities', stride: 1, classes: 2 },
    ],
    ['one logit a pixel', { shape: [1, 1, 256, 512] }, { kind: 'logits', classes: 2 }],
    [
      'one probability a pixel without a channel',
      { shape: [1, 256, 512], min: 0, max: 1 },
      { kind: 'probabilities', layout: 'NCHW', stride: 1, classes: 2 },
    ],
    ['a picture without a batch', { shape: [256, 512] }, { kind: 'logits', stride: 1, classes: 2 }],
    ['classes without a batch', { shape: [21, 64, 128] }, { kind: 'logits', stride: 4, classes: 21 }],
    ['half precision', { type: 'float16' }, { kind: 'logits', classes: 21 }],
    [
      'a mask that is on or off',
      { type: 'uint8', shape: [1, 1, 256, 512], min: 0, max: 255, whole: true, values: [0, 255] },
      { kind: 'probabilities', scale: 1 / 255, classes: 2 },
    ],
    [
      'a mask of many shades',
      {
        type: 'uint8',
        shape: [1, 256, 512],
        min: 0,
        max: 255,
        whole: true,
        values: Array.from({ length: 256 }, (_, i) => i),
      },
      { kind: 'probabilities', scale: 1 / 255, classes: 2 },
    ],
    [
      'a mask as float32',
      { shape: [1, 1, 256, 512], min: 0, max: 255, whole: true, values: [0, 255] },
      { kind: 'probabilities', scale: 1 / 255 },
    ],
    [
      'labels with 255 for what is none',
      { type: 'uint8', shape: [1, 256, 512], min: 0, max: 255, whole: true, values: [0, 1, 4, 255] },
      { kind: 'labels', scale: undefined, classes: undefined, highest: 4, ignoreIndex: 255 },
    ],
    [
      'a decision',
      { type: 'bool', shape: [1, 256, 512], min: 0, max: 1, whole: true, values: [0, 1] },
      { kind: 'labels', classes: 2 },
    ],
  ])('%s', (_, change, expected) => {
    expect(drafted(change)).toMatchObject(expected);
  });

  it('is looked for among all outputs', () => {
    const pooled = { name: 'pooled', shape: [1, 512] };
    const skewed = { name: 'skewed', shape: [1, 21, 64, 64] };
    expect(drafted(pooled, skewed, {}).tensor).toBe('out');
  });

  it('can be chosen by name', () => {
    const outputs = [output({ name: 'auxiliary' }), output({ name: 'main' })];
    expect(draftOutput({ plane, outputs }).tensor).toBe('auxiliary');
    expect(draftOutput({ plane, outputs }, 'main').tensor).toBe('main');
  });

  it('is the finest of several, then scores before labels, then the one of more classes', () => {
    const outputs = [
      output({ name: 'coarse', shape: [1, 21, 32, 64] }),
      output({ name: 'labels', type: 'int64', shape: [1, 256, 512], min: 0, max: 20, whole: true }),
      output({ name: 'edges', shape: [1, 1, 256, 512] }),
      output({ name: 'fine', shape: [1, 21, 256, 512] }),
    ];
    expect(draftOutputs({ plane, outputs }).map(({ tensor }) => tensor)).toEqual(['fine', 'edges', 'labels', 'coarse']);
  });

  it('can be said to be of another kind, as far as its type allows', () => {
    const trials = {
      plane,
      outputs: [output({ type: 'uint8', shape: [1, 256, 512], min: 0, max: 0, whole: true, values: [0] })],
    };
    expect(draftOutput(trials)).toMatchObject({ kind: 'labels', highest: 0, kinds: ['labels', 'mask'] });
    expect(draftOutput(trials, undefined, 'mask')).toMatchObject({ kind: 'probabilities', scale: 1 / 255, classes: 2 });
    expect(() => draftOutput(trials, undefined, 'logits')).toThrowError(
      /of type uint8 can be labels or mask; received logits/,
    );
  });

  it('is refused where it gives no numbers', () => {
    expect(() => drafted({ unusable: 0.25 })).toThrowError(
      expect.objectContaining({
        code: 'MODEL_INVALID',
        message: expect.stringMatching(/"out" is not a number .* 25\.0 %/),
      }),
    );
  });

  it('is refused with all that the network gives', () => {
    expect(() => drafted({ name: 'boxes', shape: [1, 84, 8400] })).toThrowError(
      'the network has no output that labels pixels; for an input of 512×256 it gives "boxes" of type float32 and shape [1, 84, 8400]',
    );
  });
});

describe('the input that takes pictures', () => {
  const input = (type: string, shape: (number | string)[]) =>
    pictureInput({ inputs: [{ name: 'image', type, shape }], outputs: [] });

  it.each([
    ['float32', [1, 3, 'h', 'w'], { layout: 'NCHW', size: undefined }],
    ['uint8', ['batch', 'h', 'w', 3], { layout: 'NHWC', size: undefined }],
    ['float32', [1, 3, 480, 640], { layout: 'NCHW', size: { width: 640, height: 480 } }],
    ['uint8', [1, 480, 640, 3], { layout: 'NHWC', size: { width: 640, height: 480 } }],
    ['float32', ['n', 'c', 'h', 'w'], { layout: 'NCHW', size: undefined }],
    ['float16', [1, 3, 'h', 'w'], { layout: 'NCHW', size: undefined }],
  ] as const)('%s %j', (type, shape, expected) => {
    expect(input(type, [...shape])).toMatchObject({ tensor: 'image', type, ...expected });
  });

  it.each([
    ['int8', [1, 3, 'h', 'w'], /expected type uint8, float32, float16, float64; it has "image" of type int8/],
    ['float32', [1, 1, 'h', 'w'], /expected shape \[1, 3, height, width\] or \[1, height, width, 3\]/],
    ['float32', [8, 3, 'h', 'w'], /expected shape/],
    ['float32', [1, 3, 480, 'w'], /expected both sides fixed or both free/],
    ['float32', ['n', 'words'], /expected shape/],
  ] as const)('is not %s %j', (type, shape, message) => {
    expect(() => input(type, [...shape])).toThrowError(message);
  });

  it('is alone', () => {
    const tensor = { name: 'a', type: 'float32', shape: [1, 3, 'h', 'w'] };
    expect(() => pictureInput({ inputs: [tensor, { ...tensor, name: 'b' }], outputs: [] })).toThrowError(
      /expected one input/,
    );
    expect(() => pictureInput({ inputs: [], outputs: [] })).toThrowError(/it has no input/);
  });
});

describe('a trial', () => {
  it('runs on the same pictures every time, dark and bright and of every strong colour', () => {
    const size = { width: 64, height: 32 };
    expect(noise(size)).toEqual(noise(size));
    expect(new Set(noise(size)).size).toBeGreaterThan(200);
    const picture = patches({ width: 352, height: 160 });
    expect(picture).toEqual(patches({ width: 352, height: 160 }));
    const colors = new Set(
      Array.from({ length: 352 * 160 }, (_, at) => picture.subarray(at * 3, at * 3 + 3).join(',')),
    );
    for (const color of ['0,0,0', '255,255,255', '255,0,0', '0,255,0', '0,0,255']) expect(colors).toContain(color);
  });

  it('counts what is no number, and goes by the runs without any', () => {
    const broken = summarise('out', 'float32', [1, 1, 1, 4], Float32Array.from([Number.NaN, 1, Infinity, 7]));
    expect(broken).toMatchObject({ unusable: 0.5, min: 1 });
    const sound = summarise('out', 'float32', [1, 1, 1, 4], Float32Array.from([0, 1, 2, 2]));
    expect(together([[broken], [sound]])).toEqual([sound]);
    expect(together([[broken], [broken]])[0]?.unusable).toBe(0.5);
  });

  it('gathers the labels of all runs', () => {
    const run = (...values: number[]) => [summarise('out', 'uint8', [1, values.length], Uint8Array.from(values))];
    expect(together([run(0, 3), run(1, 0)])).toMatchObject([{ values: [0, 1, 3], min: 0, max: 3, whole: true }]);
  });

  it('finds the axis along which probabilities sum to 1', () => {
    const planes = summarise('out', 'float32', [1, 2, 1, 3], Float64Array.of(0.2, 0.5, 0.9, 0.8, 0.5, 0.1));
    expect(planes).toMatchObject({ sumsToOne: [1], min: 0.1, max: 0.9, whole: false });
    const interleaved = summarise('out', 'float32', [1, 1, 3, 2], Float64Array.of(0.2, 0.8, 0.5, 0.5, 0.9, 0.1));
    expect(interleaved.sumsToOne).toEqual([3]);
  });

  it('knows labels by their whole numbers', () => {
    expect(summarise('out', 'int64', [1, 1, 3], Float64Array.of(0, 2, 1))).toMatchObject({
      whole: true,
      max: 2,
      sumsToOne: [],
    });
  });
});

describe("an exporter's notes", () => {
  it('give the class names', () => {
    expect(namesFromMetadata({ names: `{0: 'road', 1: "driver's side", 2: ''}` })).toEqual([
      'road',
      "driver's side",
      '',
    ]);
  });

  it('are left alone when they are about something else', () => {
    expect(namesFromMetadata({})).toBeUndefined();
    expect(namesFromMetadata({ names: "['road']" })).toBeUndefined();
    expect(namesFromMetadata({ names: "{1: 'road'}" })).toBeUndefined();
  });
});

it('colours are those of the PASCAL VOC colour map', () => {
  expect(colors(5)).toEqual([
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [128, 128, 0],
    [0, 0, 128],
  ]);
  expect(new Set(colors(255).map(String)).size).toBe(255);
});

describe('the header of an ONNX file', () => {
  const model = encodeOnnx({ inputs: [], outputs: [], nodes: [] });
  /** A length-delimited protobuf field. */
  const field = (number: number, ...content: (string | Uint8Array)[]) => {
    const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
    return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body]);
  };

  it('tells the operator set', () => {
    expect(readOnnxHeader(model)).toEqual({
      producer: '',
      opset: 13,
      customDomains: [],
      metadata: {},
      externalData: [],
    });
  });

  it('tells producer, notes, custom operators and files of weights', () => {
    const entry = field(13, field(1, 'location'), field(2, 'model.onnx.data'));
    const whole = Buffer.concat([
      field(2, 'pytorch'),
      field(3, '2.9.0'),
      field(7, field(5, entry), field(5, entry)),
      field(8, Buffer.from([0x10, 17])),
      field(8, field(1, 'com.example'), Buffer.from([0x10, 1])),
      field(14, field(1, 'names'), field(2, "{0: 'road'}")),
    ]);
    expect(readOnnxHeader(whole)).toEqual({
      producer: 'pytorch 2.9.0',
      opset: 17,
      customDomains: ['com.example'],
      metadata: { names: "{0: 'road'}" },
      externalData: ['model.onnx.data'],
    });
  });

  const external = (...locations: string[]) =>
    field(13, field(1, 'location'), ...locations.map((location) => field(2, location)));
  const node = (attribute: Uint8Array) => field(1, field(5, attribute));

  it.each([
    ['a constant node', field(7, node(field(5, external('w.bin'))))],
    ['a list of tensors', field(7, node(field(10, external('w.bin'))))],
    ['a branch', field(7, node(field(6, field(5, external('w.bin')))))],
    [
      'a constant in a branch in a branch',
      field(7, node(field(6, node(field(11, node(field(5, external('w.bin')))))))),
    ],
    ['a sparse initializer', field(7, field(15, field(2, external('w.bin'))))],
    [
      'a function',
      Buffer.concat([Buffer.from([0xca, 1]), field(0, field(7, field(5, field(5, external('w.bin'))))).subarray(1)]),
    ],
    ['the last of two locations', field(7, field(5, external('innocent.bin', 'w.bin')))],
  ])('tells of weights in other files wherever they stand: %s', (_, bytes) => {
    expect(readOnnxHeader(bytes).externalData).toContain('w.bin');
  });

  it.each([
    ['text', Buffer.from('this is no protobuf')],
    ['a field that runs past the end', Buffer.from([0x3a, 0x7f, 0x00])],
    ['a number without an end', Buffer.from(Array(12).fill(0xff))],
  ])('is refused: %s', (_, bytes) => {
    expect(() => readOnnxHeader(bytes)).toThrowError(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});
