import { type Size, sameSize } from '../core/geometry.js';
import type { Recording } from './file-output.js';

/**
 * The size of exported pictures and masks: the source's, or one of the same shape whose longest side is `longestSide`. Pictures
 * are never enlarged; sides that change become even, as 4:2:0 video needs them.
 *
 * @param longestSide pixels; the source's size where absent
 */
export function outputSize(source: Size, longestSide: number | undefined): Size {
  const scale = longestSide === undefined ? 1 : longestSide / Math.max(source.width, source.height);
  if (scale >= 1) return source;
  const even = (length: number) => 2 * Math.max(1, Math.round((length * scale) / 2));
  return { width: even(source.width), height: even(source.height) };
}

/** Filters, each followed by a comma, that bring the source's picture to the recording's size; none where it has it. */
export function scaling({ file, size }: Pick<Recording, 'file' | 'size'>): string {
  if (sameSize(file.size, size)) return '';
  return `scale=${size.width}:${size.height}:flags=area+accurate_rnd,${sampleAspect(file)},`;
}

/** Pixels that aren't square stay so in every video. */
export const sampleAspect = ({ sampleAspect: { num, den } }: Recording['file']): string => `setsar=${num}/${den}`;
