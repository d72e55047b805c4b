import { describe, expect, it } from 'vitest';
import { checkFit, checkRun, type Graph, outputForm, outputShape } from '../../../src/inference/fit.js';
import { type Manifest, parseManifest } from '../../../src/inference/manifest.js';

const manifest = (change: Record<string, Record<string, unknown>> = {}, classes = 3): Manifest =>
  parseManifest(
    {
      name: 'tiny',
      task: 'semantic-segmentation',
      sha256: '0'.repeat(64),
      input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic' }, ...change.input },
      output: { tensor: 'logits', kind: 'logits', stride: 4, ...change.output },
      classes: Array.from({ length: classes }, (_, id) => ({ id, name: `class ${id}`, color: [id, id, id] })),
      licence: 'CC0-1.0',
      data: 'none',
    },
    'test',
  );

const graph: Graph = {
  inputs: [{ name: 'image', type: 'uint8', shape: [1, 'height', 'width', 3] }],
  outputs: [{ name: 'logits', type: 'float32', shape: [1, 3, 'rows', 'columns'] }],
};
const withInput = (change: Partial<Graph['inputs'][0]>): Graph => ({
  ...graph,
  inputs: graph.inputs.map((tensor) => ({ ...tensor, ...change })),
});
const withOutput = (change: Partial<Graph['outputs'][0]>): Graph => ({
  ...graph,
  outputs: graph.outputs.map((tensor) => ({ ...tensor, ...change })),
});

describe('a manifest that fits its graph', () => {
  it('says how the output is to be read', () => {
    expect(checkFit(manifest(), graph)).toEqual({ type: 'float32', batch: true, channel: true, channels: 3 });
  });

  it('may leave to the first run what the graph leaves open', () => {
    const open = withOutput({ shape: [] });
    const form = checkFit(manifest(), open);
    expect(() => checkRun(manifest(), form, { width: 64, height: 32 }, [1, 3, 8, 16])).not.toThrow();
  });

  it('may have other outputs beside the one that it names', () => {
    const more = { ...graph, outputs: [{ name: 'aux', type: 'float16', shape: [1] }, ...graph.outputs] };
    expect(checkFit(manifest(), more).channels).toBe(3);
  });

  it('may tell two classes apart by one channel', () => {
    const form = checkFit(manifest({}, 2), withOutput({ shape: [1, 1, 'rows', 'columns'] }));
    expect(form.channels).toBe(1);
    expect(outputShape(manifest({}, 2), form, { width: 64, height: 32 })).toEqual([1, 1, 8, 16]);
  });

  it.each([
    ['[1, H, W]', 'NCHW', [1, 'rows', 'columns'], [1, 8, 16]],
    ['[batch, H, W]', 'NCHW', ['batch', 'rows', 'columns'], [1, 8, 16]],
    ['[H, W]', 'NCHW', ['rows', 'columns'], [8, 16]],
    ['[H, W, 1]', 'NHWC', ['rows', 'columns', 1], [8, 16, 1]],
    ['[2, H, W]', 'NCHW', [2, 'rows', 'columns'], [2, 8, 16]],
  ] as const)('may leave out the batch or a single channel: %s', (_, layout, shape, expected) => {
    const two = manifest({ output: { layout } }, 2);
    const form = checkFit(two, withOutput({ shape: [...shape] }));
    expect(outputShape(two, form, { width: 64, height: 32 })).toEqual(expected);
  });

  it('is read by the shape of a run where the graph leaves its own open', () => {
    const labels = manifest({ output: { kind: 'labels' } });
    const form = outputForm(labels, { type: 'int64', shape: [1, 8, 16] });
    expect(() => checkRun(labels, form, { width: 64, height: 32 }, [1, 8, 16])).not.toThrow();
  });

  it('may give labels with or without a channel dimension', () => {
    const labels = manifest({ output: { kind: 'labels', stride: 1 } });
    const flat = checkFit(labels, withOutput({ type: 'int64', shape: [1, 'height', 'width'] }));
    expect(outputShape(labels, flat, { width: 64, height: 32 })).toEqual([1, 32, 64]);
    const deep = checkFit(labels, withOutput({ type: 'int32', shape: [1, 1, 'height', 'width'] }));
    expect(outputShape(labels, deep, { width: 64, height: 32 })).toEqual([1, 1, 32, 64]);
  });

  it('may have a fixed size', () => {
    const fixed = manifest({ input: { size: { kind: 'fixed', width: 64, height: 32 } } });
    const form = checkFit(fixed, {
      inputs: [{ name: 'image', type: 'uint8', shape: [1, 32, 64, 3] }],
      outputs: [{ name: 'logits', type: 'float32', shape: [1, 3, 8, 16] }],
    });
    expect(form.channels).toBe(3);
  });
});

describe('a manifest that does not fit its graph is refused with what the graph has and what was expected', () => {
  it.each([
    [
      'input of another name',
      manifest({ input: { tensor: 'picture' } }),
      graph,
      'the manifest names input "picture"; the graph\'s inputs are "image"',
    ],
    [
      'output of another name',
      manifest({ output: { tensor: 'scores' } }),
      graph,
      'the manifest names output "scores"; the graph\'s outputs are "logits"',
    ],
    [
      'input of another type',
      manifest({ input: { type: 'float32' } }),
      graph,
      'input "image" has type uint8; expected float32',
    ],
    [
      'input of another layout',
      manifest({ input: { layout: 'NCHW' } }),
      graph,
      'input "image" has shape [1, height, width, 3]; expected [1, 3, free, free]',
    ],
    [
      'input of another rank',
      manifest(),
      withInput({ shape: ['height', 'width', 3] }),
      'input "image" has shape [height, width, 3]; expected [1, free, free, 3]',
    ],
    [
      'input of another size',
      manifest({ input: { size: { kind: 'fixed', width: 64, height: 32 } } }),
      withInput({ shape: [1, 64, 64, 3] }),
      'input "image" has shape [1, 64, 64, 3]; expected [1, 32, 64, 3]',
    ],
    [
      'fixed size said to be dynamic',
      manifest({ input: { size: { kind: 'fixed', width: 64, height: 32 } } }),
      withOutput({ shape: [1, 3, 32, 64] }),
      'output "logits" has shape [1, 3, 32, 64]; expected [1, 3, 8, 16]',
    ],
    [
      'two inputs',
      manifest(),
      { ...graph, inputs: [...graph.inputs, { name: 'mask', type: 'float32', shape: [1] }] },
      'the graph has 2 inputs ("image", "mask"); expected one that takes pictures',
    ],
    [
      'other number of classes',
      manifest({}, 4),
      graph,
      'output "logits" has shape [1, 3, rows, columns]; expected [1, 4, any, any]',
    ],
    [
      'one channel for more than two classes',
      manifest(),
      withOutput({ shape: [1, 1, 'rows', 'columns'] }),
      'output "logits" has shape [1, 1, rows, columns]; expected [1, 3, any, any]',
    ],
    [
      'output of another type',
      manifest(),
      withOutput({ type: 'int8' }),
      'output "logits" has type int8; expected float32 or float16 or float64',
    ],
    [
      'labels of an unknown type',
      manifest({ output: { kind: 'labels' } }),
      withOutput({ type: 'string' }),
      'output "logits" has type string; expected uint8 or int8 or uint16 or int16 or int32 or uint32 or int64 or uint64 or bool or float32 or float16 or float64',
    ],
    [
      'a network that gives no tensor',
      manifest(),
      withOutput({ type: 'no tensor', shape: [] }),
      'output "logits" has type no tensor; expected float32 or float16 or float64',
    ],
  ])('%s', (_, wrong, actual, expected) => {
    expect(() => checkFit(wrong, actual)).toThrowError(
      expect.objectContaining({ code: 'MANIFEST_MISMATCH', message: expected }),
    );
  });

  it('an input that the graph fixes though the manifest calls it dynamic', () => {
    expect(() => checkFit(manifest(), withInput({ shape: [1, 32, 64, 3] }))).toThrowError(
      'input "image" has shape [1, 32, 64, 3]; expected [1, free, free, 3]',
    );
  });

  it('the first run shows another stride', () => {
    const form = checkFit(manifest(), graph);
    expect(() => checkRun(manifest(), form, { width: 64, height: 32 }, [1, 3, 4, 8])).toThrowError(
      'output "logits" has shape [1, 3, 4, 8] for an input of 64×32; expected [1, 3, 8, 16] (3 classes, NCHW, stride 4)',
    );
  });
});
