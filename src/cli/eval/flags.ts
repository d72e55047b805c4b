import { InvalidArgumentError, Option } from 'commander';
import type { Size } from '../../core/geometry.js';
import type { MapOptions } from '../../evaluate/class-map.js';
import type { Placement } from '../../evaluate/picture.js';
import type { InferencePool } from '../../inference/pool.js';

/** What `eval` and `eval-video` have in common. */
export interface ClassMapFlags {
  readonly map: Readonly<Record<string, string>>;
  readonly merge: Readonly<Record<string, string>>;
}

export const mapOption = (): Option =>
  new Option('--map <network=data>', "class of the data set that a network's class counts as; * for all others")
    .argParser(pair)
    .default({}, 'the class of the same name');

export const mergeOption = (): Option =>
  new Option('--merge <class=class>', 'class of the data set that counts as another one')
    .argParser(pair)
    .default({}, 'none');

export const classMapOf = ({ map, merge }: ClassMapFlags): MapOptions => ({ rename: map, merge });

function pair(text: string, earlier: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [from, to, ...rest] = text.split('=');
  if (from && to && rest.length === 0) return { ...earlier, [from]: to };
  throw new InvalidArgumentError('It must be two names with = between them.');
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

export function placementFor(segmenter: InferencePool, source: Size, longestSide: number | undefined): Placement {
  const analysis = longestSide === undefined ? segmenter.nativePlaneFor(source) : undefined;
  return analysis ? { kind: 'native', analysis } : { kind: 'scaled', ...segmenter.geometryFor(source) };
}
