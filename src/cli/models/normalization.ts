import { MaskcastError } from '../../core/errors.js';
import type { PixelValues } from '../../inference/adopt/draft.js';

/** `--mean`, `--std` and `--scale`: a value of the input is (pixel · scale − mean) / std. */
export interface PixelFlags {
  readonly mean?: string;
  readonly std?: string;
  readonly scale?: string;
}

export const hasPixelFlags = ({ mean, std, scale }: PixelFlags): boolean =>
  mean !== undefined || std !== undefined || scale !== undefined;

/** Means and deviations of pixels as they are, 0–255, are above this; those of 0–1 and −1–1 aren't. */
const LARGEST_OF_UNIT = 2;

/**
 * One number stands for all three channels. Without a scale, the figures tell: mean and std in 0–1 want pixels in 0–1.
 * @throws MaskcastError USAGE
 */
export function parsePixelFlags({ mean, std, scale }: PixelFlags): PixelValues {
  const means = mean === undefined ? ([0, 0, 0] as const) : threeNumbers(mean, '--mean');
  const stds = std === undefined ? ([1, 1, 1] as const) : threeNumbers(std, '--std');
  if (!stds.every((value) => value > 0)) throw new MaskcastError('USAGE', `--std must be above 0; received "${std}"`);
  const ofBytes = [...means, ...stds].some((value) => Math.abs(value) > LARGEST_OF_UNIT);
  const factor = scale === undefined ? (ofBytes ? 1 : 1 / 255) : parseScale(scale);
  return { scale: factor, mean: [...means], std: [...stds] };
}

function threeNumbers(text: string, flag: string): readonly [number, number, number] {
  const values = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(Number);
  const [a, b, c] = values.length === 1 ? [values[0], values[0], values[0]] : values;
  if (values.every(Number.isFinite) && (values.length === 1 || values.length === 3)) {
    return [a as number, b as number, c as number];
  }
  throw new MaskcastError('USAGE', `${flag} must be one number or three with commas; received "${text}"`);
}

/** A number, or a fraction like 1/255. */
function parseScale(text: string): number {
  const [above, below = 1, ...rest] = text.split('/').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const value = (above as number) / below;
  if (rest.length === 0 && Number.isFinite(value) && value > 0) return value;
  throw new MaskcastError('USAGE', `--scale must be a number above 0 or a fraction like 1/255; received "${text}"`);
}

/** As the guesses are told to people. */
export function formatPixelValues({ scale, mean, std }: PixelValues): string {
  const factor = scale < 1 ? `1/${Number((1 / scale).toPrecision(6))}` : String(scale);
  return `(pixel · ${factor} − [${mean.join(' ')}]) / [${std.join(' ')}]`;
}
