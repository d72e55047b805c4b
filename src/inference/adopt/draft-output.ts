import { MaskcastError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { Layout } from '../layout.js';
import type { Manifest } from '../manifest.js';
import { FLOAT_TYPES } from '../onnx/element-types.js';
import { OUTPUT_TYPES } from '../postprocess.js';
import type { TrialOutput } from '../session-protocol.js';

/** In: what trials show of a network's outputs. Out: which of them label pixels, and how each is probably meant. */

/** What people call the kinds of outputs: `mask` is one value of 0 to 255 a pixel. */
export const DRAFT_KINDS = ['logits', 'probabilities', 'labels', 'mask'] as const;
export type DraftKind = (typeof DRAFT_KINDS)[number];

export interface OutputDraft {
  readonly tensor: string;
  readonly kind: Manifest['output']['kind'];
  readonly layout: Layout;
  readonly stride: number;
  /** See the manifest's `output.scale`. */
  readonly scale: number | undefined;
  /** Undefined for labels, which don't show how many there are. */
  readonly classes: number | undefined;
  /** Highest label that was seen; undefined for anything but labels. */
  readonly highest: number | undefined;
  /** The label 255 among lower ones stands for what isn't labelled. */
  readonly ignoreIndex: number | undefined;
  /** Kinds that the shape and type allow, the likeliest first. */
  readonly kinds: readonly DraftKind[];
}

type Trials = { readonly outputs: readonly TrialOutput[]; readonly plane: Size };

/** All outputs that label pixels, the finest first; of equally fine ones scores before labels, and more classes before fewer. */
export function draftOutputs({ outputs, plane }: Trials): readonly OutputDraft[] {
  const drafts = outputs.flatMap((output) => describeOutput(output, plane) ?? []);
  return drafts.sort(
    (a, b) =>
      a.stride - b.stride ||
      Number(a.kind === 'labels') - Number(b.kind === 'labels') ||
      (b.classes ?? 0) - (a.classes ?? 0),
  );
}

/**
 * The output to take.
 * @param wanted its tensor's name; the likeliest where absent
 * @param kind what it is; the likeliest where absent
 * @throws MaskcastError MODEL_INVALID where there is none, or where it gives no numbers; USAGE where it can't be of that kind
 */
export function draftOutput(trials: Trials, wanted?: string, kind?: DraftKind): OutputDraft {
  const { outputs, plane } = trials;
  const [found] = draftOutputs(trials).filter(({ tensor }) => wanted === undefined || tensor === wanted);
  if (!found) {
    const has = outputs.map(({ name, type, shape }) => `"${name}" of type ${type} and shape [${shape.join(', ')}]`);
    throw new MaskcastError(
      'MODEL_INVALID',
      `the network has no output ${wanted === undefined ? '' : `"${wanted}" `}that labels pixels; for an input of ` +
        `${plane.width}×${plane.height} it gives ${has.join(', ')}`,
    );
  }
  const trial = outputs.find(({ name }) => name === found.tensor) as TrialOutput;
  if (trial.unusable > 0) {
    throw new MaskcastError(
      'MODEL_INVALID',
      `output "${found.tensor}" is not a number (NaN or infinite) in ${(trial.unusable * 100).toPrecision(3)} % of its values on test pictures: the file is damaged`,
    );
  }
  if (kind === undefined || kind === found.kinds[0]) return found;
  if (found.kinds.includes(kind)) return asKind(found, kind, trial);
  throw new MaskcastError(
    'USAGE',
    `output "${found.tensor}" of type ${trial.type} can be ${found.kinds.join(' or ')}; received ${kind}`,
  );
}

/** Undefined for an output that is no map of the picture, like a pooled feature or a single number. */
function describeOutput(trial: TrialOutput, plane: Size): OutputDraft | undefined {
  const { name: tensor, type, shape } = trial;
  if (!OUTPUT_TYPES.probabilities.some((known) => known === type)) return undefined;
  for (const [layout, channels, height, width] of readings(shape)) {
    const stride = plane.width / width;
    if (!Number.isInteger(stride) || plane.height / height !== stride) continue;
    const kinds = kindsOf(trial, channels, layout);
    const [likeliest] = kinds;
    if (!likeliest) return undefined;
    const draft = { tensor, layout, stride, kinds, classes: Math.max(2, channels) };
    const rest = { kind: 'logits', scale: undefined, highest: undefined, ignoreIndex: undefined } as const;
    return asKind({ ...draft, ...rest }, likeliest, trial);
  }
  return undefined;
}

type Reading = readonly [Layout, channels: number, height: number, width: number];

/** Ways to read a shape as a map; a batch, or the only channel, may be left out. */
function readings(shape: readonly number[]): readonly Reading[] {
  const [a = 0, b = 0, c = 0] = shape.length === 4 ? shape.slice(1) : shape;
  if (shape.length === 2) return [['NCHW', 1, a, b]];
  const batched = shape.length === 4 && shape[0] === 1;
  if (!batched && shape.length !== 3) return [];
  return [
    ['NCHW', a, b, c],
    ['NHWC', c, a, b],
  ];
}

/** Whole numbers that are a mask's: nothing between off and on, or so many shades that they are no labels. */
const SHADES = 64;

function kindsOf(trial: TrialOutput, channels: number, layout: Layout): readonly DraftKind[] {
  const { type, min, max, whole, values, shape, sumsToOne } = trial;
  const float = FLOAT_TYPES.some((known) => known === type);
  if (channels > 1) {
    const axis = layout === 'NCHW' ? shape.length - 3 : shape.length - 1;
    if (!float) return [];
    return sumsToOne.includes(axis) ? ['probabilities', 'logits'] : ['logits', 'probabilities'];
  }
  const top = max === 255 && min >= 0;
  if (whole && (!float || max > 1)) {
    const mask = top && (values === undefined || values.length >= SHADES || values.every((v) => v === 0 || v === 255));
    return mask ? ['mask', 'labels'] : ['labels', 'mask'];
  }
  if (!float) return ['labels', 'mask'];
  // A hard decision as 0 and 1 reads the same as a label and as a probability; the latter blends better over time.
  return min >= 0 && max <= 1 ? ['probabilities', 'logits', 'labels'] : ['logits', 'probabilities', 'mask'];
}

function asKind(draft: OutputDraft, kind: DraftKind, { type, min, max, values }: TrialOutput): OutputDraft {
  const plain = { ...draft, scale: undefined, highest: undefined, ignoreIndex: undefined };
  if (kind === 'mask') return { ...plain, kind: 'probabilities', scale: 1 / 255, classes: 2 };
  if (kind !== 'labels') return { ...plain, kind };
  const below = (values ?? [min, max]).filter((value) => value !== 255);
  const ignored = values?.includes(255) === true && below.length > 0;
  return {
    ...plain,
    ...{ kind, classes: type === 'bool' ? 2 : undefined, highest: ignored ? (below.at(-1) as number) : max },
    ignoreIndex: ignored ? 255 : undefined,
  };
}
