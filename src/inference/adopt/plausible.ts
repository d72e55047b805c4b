import { MaskcastError } from '../../core/errors.js';
import type { Manifest } from '../manifest.js';
import type { Numbers } from '../onnx/element-types.js';
import { summarise } from './trial.js';

/** Rounding of half precision, and of sums, may leave a probability a little outside of 0–1. */
const SLACK = 0.01;

/**
 * Looks at what a network gives for a test picture: what can't be right is refused before anybody sees a mask.
 * @param channels of the output
 * @throws MaskcastError MODEL_INVALID for values that are no numbers; MANIFEST_MISMATCH for those of another kind than the manifest says
 */
export function requirePlausible({ output, classes, ignoreIndex }: Manifest, channels: number, values: Numbers): void {
  const { tensor, kind, scale = 1 } = output;
  const found = summarise(tensor, '', [], values);
  const infinite = kind !== 'logits' || channels > 1;
  let unusable = 0;
  for (const value of values) if (Number.isNaN(value) || (infinite && value === Infinity)) unusable += 1;
  if (unusable > 0) {
    throw new MaskcastError(
      'MODEL_INVALID',
      `output "${tensor}" is not a number (NaN or infinite) in ${unusable} of ${values.length} values for a test picture: the file is damaged, or the input wants other values (see scale, mean and std)`,
    );
  }
  const mismatch = (message: string) => new MaskcastError('MANIFEST_MISMATCH', `output "${tensor}" ${message}`);
  if (kind === 'probabilities') {
    const [min, max] = [found.min * scale, found.max * scale];
    if (min < -SLACK || (channels === 1 && max > 1 + SLACK)) {
      throw mismatch(
        `has values from ${round(min)} to ${round(max)} for a test picture; probabilities are from 0 to 1`,
      );
    }
  }
  if (kind !== 'labels') return;
  if (!found.whole) throw mismatch(`has values like ${round(found.max)} for a test picture; labels are whole numbers`);
  const strangers = (found.values ?? [found.max]).filter(
    (value) => !(value >= 0 && value < classes.length) && value !== ignoreIndex,
  );
  if (strangers.length === 0) return;
  throw mismatch(
    `gives the labels ${strangers.slice(0, 5).join(', ')} for a test picture; the manifest has classes 0 to ${classes.length - 1}` +
      (ignoreIndex === undefined ? ' and no ignoreIndex' : ` and ignoreIndex ${ignoreIndex}`),
  );
}

const round = (value: number): number => Number(value.toPrecision(3));
