import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { Inspection } from './inspect.js';
import type { Layout } from './layout.js';
import { type Manifest, parseManifest } from './manifest.js';
import { leastCommonMultiple } from './multiples.js';
import type { TrialOutput } from './session-protocol.js';

/**
 * In: what an ONNX file tells of itself, and what only a person knows. Out: a manifest. Always holds: nothing is guessed
 * silently; every guess is an answer that the person could have given.
 */

/** What the output is, as a trial run shows it. */
export interface OutputDraft {
  readonly tensor: string;
  readonly kind: Manifest['output']['kind'];
  readonly layout: Layout;
  readonly stride: number;
  /** Undefined for labels, which don't show how many there are. */
  readonly classes: number | undefined;
}

/** Usual ways to turn bytes into a float32 input; mean and std in RGB. */
export const NORMALIZATIONS = {
  /** PyTorch: 0–1, then the mean and standard deviation of ImageNet */
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** 0–1 */
  unit: { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  /** −1 to 1 */
  symmetric: { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] },
  /** 0–255 */
  none: { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
} as const satisfies Record<string, Pick<Manifest['input'], 'scale' | 'mean' | 'std'>>;

export type Normalization = keyof typeof NORMALIZATIONS;

/** What the graph can't tell. */
export interface DraftAnswers {
  readonly name: string;
  readonly sha256: string;
  /** Of each file that the ONNX file keeps weights in, by name. */
  readonly dataFiles: Manifest['dataFiles'];
  readonly colorOrder: 'RGB' | 'BGR';
  readonly normalization: Normalization;
  readonly classes: readonly {
    readonly name: string;
    readonly color?: Manifest['classes'][number]['color'] | undefined;
  }[];
  readonly ignoreIndex: number | undefined;
  readonly licence: string;
  readonly data: string;
}

/**
 * The output that holds one value or more a pixel.
 * @param wanted its tensor's name, where there is a choice
 * @throws MaskcastError MODEL_INVALID where there is none
 */
export function draftOutput({ outputs, plane }: Pick<Inspection, 'outputs' | 'plane'>, wanted?: string): OutputDraft {
  const candidates = wanted === undefined ? outputs : outputs.filter(({ name }) => name === wanted);
  for (const output of candidates) {
    const draft = describeOutput(output, plane);
    if (draft) return draft;
  }
  const has = outputs.map(({ name, type, shape }) => `"${name}" of type ${type} and shape [${shape.join(', ')}]`);
  throw new MaskcastError(
    'MODEL_INVALID',
    `the network has no output ${wanted === undefined ? '' : `"${wanted}" `}that labels pixels; for an input of ` +
      `${plane.width}×${plane.height} it gives ${has.join(', ')}`,
  );
}

/** Undefined for an output that is no map of the picture, like a pooled feature or a single number. */
function describeOutput(
  { name, type, shape, min, max, whole, sumsToOne }: TrialOutput,
  plane: Size,
): OutputDraft | undefined {
  if (!['float32', 'uint8', 'int32', 'int64'].includes(type)) return undefined;
  const axes: readonly (readonly [
    Layout,
    channels: number | undefined,
    height: number | undefined,
    width: number | undefined,
  ])[] =
    shape.length === 3
      ? [['NCHW', 1, shape[1], shape[2]]]
      : shape.length === 4
        ? [
            ['NCHW', shape[1], shape[2], shape[3]],
            ['NHWC', shape[3], shape[1], shape[2]],
          ]
        : [];
  for (const [layout, channels = 0, height = 0, width = 0] of axes) {
    const stride = plane.width / width;
    if (shape[0] !== 1 || !Number.isInteger(stride) || plane.height / height !== stride) continue;
    const map = { tensor: name, layout, stride };
    if (type !== 'float32' || (channels === 1 && whole)) {
      return channels === 1 ? { ...map, kind: 'labels', classes: undefined } : undefined;
    }
    if (shape.length === 3) return undefined;
    const inUnit = min >= 0 && max <= 1;
    const summing = channels === 1 ? inUnit : sumsToOne.includes(layout === 'NCHW' ? 1 : 3);
    return { ...map, kind: summing ? 'probabilities' : 'logits', classes: Math.max(2, channels) };
  }
  return undefined;
}

/** @throws MaskcastError MANIFEST_INVALID where an answer is impossible */
export function draftManifest(
  { input, multipleOf }: Pick<Inspection, 'input' | 'multipleOf'>,
  output: OutputDraft,
  longestSide: number,
  answers: DraftAnswers,
): Manifest {
  const { name, sha256, dataFiles, colorOrder, normalization, classes, ignoreIndex, licence, data } = answers;
  const palette = colors(classes.length);
  const { tensor, type, layout, size } = input;
  return parseManifest(
    {
      $schema: '../manifest.schema.json',
      name,
      task: 'semantic-segmentation',
      sha256,
      ...(dataFiles.length > 0 ? { dataFiles } : {}),
      licence,
      data,
      input: {
        tensor,
        type,
        layout,
        colorOrder,
        size: size
          ? { kind: 'fixed', ...size }
          : { kind: 'dynamic', multipleOf: leastCommonMultiple(multipleOf, output.stride), longestSide },
        ...(type === 'float32' ? normalizationOf(normalization, colorOrder) : {}),
      },
      output: { tensor: output.tensor, kind: output.kind, layout: output.layout, stride: output.stride },
      classes: classes.map((entry, id) => ({ id, name: entry.name, color: entry.color ?? palette[id] })),
      ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
    },
    'the drafted manifest',
  );
}

function normalizationOf(name: Normalization, colorOrder: 'RGB' | 'BGR') {
  const { scale, mean, std } = NORMALIZATIONS[name];
  return colorOrder === 'RGB' ? { scale, mean, std } : { scale, mean: mean.toReversed(), std: std.toReversed() };
}

/**
 * Names from the notes that Ultralytics' exporter leaves in a file, a Python dictionary: `{0: 'person', 1: 'car'}`.
 * Undefined where there are none.
 */
export function namesFromMetadata(metadata: Readonly<Record<string, string>>): readonly string[] | undefined {
  const found = [...(metadata.names ?? '').matchAll(/(\d+)\s*:\s*(?:'([^']*)'|"([^"]*)")/g)];
  const names = found.map(([, , single, double]) => single ?? double ?? '');
  const ordered = found.every(([, index], position) => Number(index) === position);
  return names.length > 0 && ordered ? names : undefined;
}

/**
 * Colours that lie far apart, black first: the bits of the index, spread from the highest bit of each channel downwards
 * (the colour map of the PASCAL VOC development kit).
 */
export function colors(count: number): readonly (readonly [number, number, number])[] {
  return Array.from({ length: count }, (_, index) => {
    const color: [number, number, number] = [0, 0, 0];
    for (let bit = 0; bit < 8; bit += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        color[channel] = (color[channel] as number) | (((index >> (bit * 3 + channel)) & 1) << (7 - bit));
      }
    }
    return color;
  });
}
