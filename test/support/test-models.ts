import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Manifest } from '../../src/inference/manifest.js';
import { elementType, encodeOnnx, type GraphSpec, type NodeSpec } from './onnx.js';

/** Networks whose masks a person can foretell, written as model folders that everything in Maskcast can load. */

/** A manifest as a file has it: defaults may be left out; name and checksum are filled in. */
export type ManifestDraft = Omit<Partial<Manifest>, 'input' | 'output'> & {
  readonly input?: Record<string, unknown>;
  readonly output?: Record<string, unknown>;
};

/** Writes `model.onnx` and `manifest.json` into `dir`; the model's name is the folder's. Returns `dir`. */
export async function writeModel(dir: string, onnx: Uint8Array, draft: ManifestDraft): Promise<string> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'model.onnx'), onnx);
  const manifest = {
    name: basename(dir),
    task: 'semantic-segmentation',
    sha256: createHash('sha256').update(onnx).digest('hex'),
    licence: 'CC0-1.0',
    data: 'none: made by a test',
    ...draft,
  };
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest, null, 2));
  return dir;
}

/**
 * A network that tells bright from dark: class 1 `bright` where the mean luma (BT.601) of a `stride`×`stride` cell is above
 * half, class 0 `dark` elsewhere. Black and white cells drawn in a picture come back in the mask: a frame number drawn as a
 * barcode can be read from either.
 */
export async function writeLumaThresholdModel(
  dir: string,
  { stride, steepness = 0.2 }: { readonly stride: number; readonly steepness?: number },
): Promise<string> {
  const luma = [0.299, 0.587, 0.114];
  const graph: GraphSpec = {
    inputs: [{ name: 'image', type: 'uint8', shape: [1, 'height', 'width', 3] }],
    outputs: [{ name: 'logits', type: 'float32', shape: [1, 2, 'rows', 'columns'] }],
    constants: [
      {
        name: 'weights',
        shape: [2, 3, 1, 1],
        values: Float32Array.from([
          ...luma.map((weight) => -steepness * weight),
          ...luma.map((weight) => steepness * weight),
        ]),
      },
      { name: 'bias', shape: [2], values: Float32Array.from([steepness * 127.5, -steepness * 127.5]) },
    ],
    nodes: [
      ...floatPlanes('image', 'planes'),
      {
        op: 'AveragePool',
        inputs: ['planes'],
        outputs: ['cells'],
        attributes: { kernel_shape: [stride, stride], strides: [stride, stride] },
      },
      { op: 'Conv', inputs: ['cells', 'weights', 'bias'], outputs: ['logits'], attributes: { kernel_shape: [1, 1] } },
    ],
  };
  return writeModel(dir, encodeOnnx(graph), {
    input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic', multipleOf: lcm(stride, 2) } },
    output: { tensor: 'logits', kind: 'logits', stride },
    classes: [
      { id: 0, name: 'dark', color: [0, 0, 0] },
      { id: 1, name: 'bright', color: [255, 255, 255] },
    ],
  });
}

/** How a colour network takes pixels and gives classes; see `writeColorModel`. */
export interface ColorModelOptions {
  readonly type: 'uint8' | 'float32';
  readonly layout: 'NCHW' | 'NHWC';
  readonly colorOrder?: 'RGB' | 'BGR';
  /** Normalisation that the network expects of whoever feeds it. */
  readonly scale?: number;
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  readonly size?: { readonly width: number; readonly height: number };
  readonly kind: 'logits' | 'probabilities' | 'labels';
  readonly outputLayout?: 'NCHW' | 'NHWC';
  /** Labels only; others are float32. */
  readonly labelType?: 'int64' | 'int32' | 'uint8' | 'float32';
  readonly stride?: number;
}

export const COLOR_CLASSES = [
  { id: 0, name: 'red', color: [255, 0, 0] },
  { id: 1, name: 'green', color: [0, 255, 0] },
  { id: 2, name: 'blue', color: [0, 0, 255] },
] satisfies Manifest['classes'];

/**
 * A network whose class is a pixel's strongest colour. It undoes the normalisation that its manifest asks for, inside the
 * graph, so a wrong one, or channels in the wrong order, gives wrong classes; its logits are the colours in 0–1.
 */
export async function writeColorModel(dir: string, options: ColorModelOptions): Promise<string> {
  const { type, layout, kind, stride = 1, colorOrder = 'RGB', outputLayout = 'NCHW' } = options;
  const { scale = 1, mean = [0, 0, 0], std = [1, 1, 1], labelType = 'int64', size } = options;
  const [height, width] = size ? [size.height, size.width] : (['height', 'width'] as const);
  const [rows, columns] = size ? [size.height / stride, size.width / stride] : (['rows', 'columns'] as const);
  // A value v of channel c is (pixel · scale − mean) / std, so pixel / 255 = v · std / (255 · scale) + mean / (255 · scale).
  const weights = new Float32Array(9);
  const bias = new Float32Array(3);
  for (let color = 0; color < 3; color += 1) {
    const channel = colorOrder === 'RGB' ? color : 2 - color;
    weights[color * 3 + channel] = (std[channel] as number) / (255 * scale);
    bias[color] = (mean[channel] as number) / (255 * scale);
  }
  const scores = kind === 'labels' ? 'scores' : outputLayout === 'NCHW' ? 'result' : 'planes-out';
  const colors = kind === 'probabilities' ? 'colors' : scores;
  const planes: NodeSpec[] =
    layout === 'NHWC'
      ? floatPlanes('image', 'planes')
      : [{ op: 'Cast', inputs: ['image'], outputs: ['planes'], attributes: { to: elementType('float32') } }];
  const nodes: NodeSpec[] = [
    ...planes,
    {
      op: 'AveragePool',
      inputs: ['planes'],
      outputs: ['cells'],
      attributes: { kernel_shape: [stride, stride], strides: [stride, stride] },
    },
    { op: 'Conv', inputs: ['cells', 'weights', 'bias'], outputs: [colors], attributes: { kernel_shape: [1, 1] } },
  ];
  if (kind === 'probabilities') {
    nodes.push({ op: 'Softmax', inputs: [colors], outputs: [scores], attributes: { axis: 1 } });
  }
  if (kind === 'labels') {
    nodes.push(
      { op: 'ArgMax', inputs: [scores], outputs: ['indices'], attributes: { axis: 1, keepdims: 0 } },
      { op: 'Cast', inputs: ['indices'], outputs: ['result'], attributes: { to: elementType(labelType) } },
    );
  } else if (outputLayout === 'NHWC') {
    nodes.push({ op: 'Transpose', inputs: [scores], outputs: ['result'], attributes: { perm: [0, 2, 3, 1] } });
  }
  const resultShape =
    kind === 'labels' ? [1, rows, columns] : outputLayout === 'NCHW' ? [1, 3, rows, columns] : [1, rows, columns, 3];
  const onnx = encodeOnnx({
    inputs: [{ name: 'image', type, shape: layout === 'NHWC' ? [1, height, width, 3] : [1, 3, height, width] }],
    outputs: [{ name: 'result', type: kind === 'labels' ? labelType : 'float32', shape: resultShape }],
    constants: [
      { name: 'weights', shape: [3, 3, 1, 1], values: weights },
      { name: 'bias', shape: [3], values: bias },
    ],
    nodes,
  });
  return writeModel(dir, onnx, {
    input: {
      tensor: 'image',
      type,
      layout,
      colorOrder,
      size: size ? { kind: 'fixed', ...size } : { kind: 'dynamic', multipleOf: Math.max(2, stride) },
      ...(type === 'float32' ? { scale, mean, std } : {}),
    },
    output: { tensor: 'result', kind, layout: outputLayout, stride },
    classes: COLOR_CLASSES,
    ignoreIndex: 255,
  });
}

/** [1, H, W, 3] of any type → [1, 3, H, W] float32. */
function floatPlanes(from: string, to: string): NodeSpec[] {
  return [
    { op: 'Cast', inputs: [from], outputs: [`${to}-interleaved`], attributes: { to: elementType('float32') } },
    { op: 'Transpose', inputs: [`${to}-interleaved`], outputs: [to], attributes: { perm: [0, 3, 1, 2] } },
  ];
}

const lcm = (a: number, b: number): number => {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
};
