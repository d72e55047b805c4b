import { type Manifest, parseManifest } from '../manifest.js';
import { leastCommonMultiple } from '../multiples.js';
import type { OutputDraft } from './draft-output.js';
import type { Inspection } from './inspect.js';

/**
 * In: what an ONNX file tells of itself, and what only a person knows. Out: a manifest. Always holds: nothing is guessed
 * silently; every guess is an answer that the person could have given.
 */

/** How a pixel becomes a value of a float input; mean and std in the order of the channels. */
export type PixelValues = Pick<Manifest['input'], 'scale' | 'mean' | 'std'>;

/** Usual ways to turn bytes into a float input; mean and std in RGB. */
export const NORMALIZATIONS = {
  /** PyTorch: 0–1, then the mean and standard deviation of ImageNet */
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** 0–1 */
  unit: { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  /** −1 to 1 */
  symmetric: { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] },
  /** 0–255 */
  none: { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
} as const satisfies Record<string, PixelValues>;

export type Normalization = keyof typeof NORMALIZATIONS;

/** What the graph can't tell. */
export interface DraftAnswers {
  readonly name: string;
  readonly sha256: string;
  /** Of each file that the ONNX file keeps weights in, by name. */
  readonly dataFiles: Manifest['dataFiles'];
  readonly colorOrder: 'RGB' | 'BGR';
  /** By name, or as numbers. */
  readonly normalization: Normalization | PixelValues;
  readonly classes: readonly {
    readonly name: string;
    readonly color?: Manifest['classes'][number]['color'] | undefined;
  }[];
  readonly ignoreIndex: number | undefined;
  readonly licence: string;
  readonly data: string;
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
        ...(type === 'uint8' ? {} : pixelValues(normalization, colorOrder)),
      },
      output: {
        ...{ tensor: output.tensor, kind: output.kind, layout: output.layout, stride: output.stride },
        ...(output.scale === undefined ? {} : { scale: output.scale }),
      },
      classes: classes.map((entry, id) => ({ id, name: entry.name, color: entry.color ?? palette[id] })),
      ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
    },
    'the drafted manifest',
  );
}

function pixelValues(wanted: Normalization | PixelValues, colorOrder: 'RGB' | 'BGR'): PixelValues {
  if (typeof wanted !== 'string') return wanted;
  const { scale, mean, std } = NORMALIZATIONS[wanted];
  const ordered = ([a, b, c]: readonly [number, number, number]): [number, number, number] =>
    colorOrder === 'RGB' ? [a, b, c] : [c, b, a];
  return { scale, mean: ordered(mean), std: ordered(std) };
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
