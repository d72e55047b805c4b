import { describe, expect, it } from 'vitest';
import { colors, draftOutput, namesFromMetadata } from '../../../src/inference/draft.js';
import { pictureInput } from '../../../src/inference/inspect.js';
import { readOnnxHeader } from '../../../src/inference/onnx-header.js';
import type { TrialOutput } from '../../../src/inference/session-protocol.js';
import { noise, summarise } from '../../../src/inference/trial.js';
import { encodeOnnx } from '../../support/onnx.js';

const plane = { width: 512, height: 256 };
const output = (change: Partial<TrialOutput>): TrialOutput => ({
  name: 'out',
  type: 'float32',
  shape: [1, 21, 64, 128],
  min: -4,
  max: 9,
  whole: false,
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
  ] as const)('%s %j', (type, shape, expected) => {
    expect(input(type, [...shape])).toMatchObject({ tensor: 'image', type, ...expected });
  });

  it.each([
    ['float16', [1, 3, 'h', 'w'], /expected type uint8 or float32; it has "image" of type float16/],
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
  it('runs on the same noise every time', () => {
    expect(noise('uint8', 64)).toEqual(noise('uint8', 64));
    expect(new Set(noise('uint8', 4096)).size).toBeGreaterThan(200);
    const floats = noise('float32', 4096);
    expect(Math.min(...floats)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...floats)).toBeLessThan(2);
  });

  it('finds the axis along which probabilities sum to 1', () => {
    const planes = summarise('out', 'float32', [1, 2, 1, 3], [0.2, 0.5, 0.9, 0.8, 0.5, 0.1]);
    expect(planes).toMatchObject({ sumsToOne: [1], min: 0.1, max: 0.9, whole: false });
    const interleaved = summarise('out', 'float32', [1, 1, 3, 2], [0.2, 0.8, 0.5, 0.5, 0.9, 0.1]);
    expect(interleaved.sumsToOne).toEqual([3]);
  });

  it('knows labels by their whole numbers', () => {
    expect(summarise('out', 'int64', [1, 1, 3], [0n, 2n, 1n])).toMatchObject({ whole: true, max: 2, sumsToOne: [] });
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

  it.each([
    ['text', Buffer.from('this is no protobuf')],
    ['a field that runs past the end', Buffer.from([0x3a, 0x7f, 0x00])],
    ['a number without an end', Buffer.from(Array(12).fill(0xff))],
  ])('is refused: %s', (_, bytes) => {
    expect(() => readOnnxHeader(bytes)).toThrowError(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});
