import { MaskcastError } from '../core/errors.js';
import type { DatasetClass } from './dataset.js';

/** How a network's classes and a data set's labels meet. */
export interface ClassMap {
  /** Class of the data set for each class of the network. */
  readonly fromModel: Uint8Array;
  /** Class of the data set for each label value (0–255); `NOT_COUNTED` for what no score counts. */
  readonly fromLabel: Uint8Array;
}

export const NOT_COUNTED = 255;

export interface MapOptions {
  /** Class of the network → class of the data set, where the names differ; `*` stands for every class without a partner. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Class of the data set → the one that it counts as. */
  readonly merge?: Readonly<Record<string, string>>;
}

/**
 * Matches classes by name. Always holds: every class of the network counts as one of the data set; every class of the data
 * set can be predicted.
 * @throws MaskcastError DATASET_INVALID naming the classes without a partner; USAGE for a name that doesn't exist
 */
export function mapClasses(
  model: readonly DatasetClass[],
  dataset: { readonly classes: readonly DatasetClass[]; readonly ignoreIndex: number | undefined },
  { rename = {}, merge = {} }: MapOptions = {},
): ClassMap {
  const names = dataset.classes.map(({ name }) => name);
  const known = (name: string): number => {
    const id = names.indexOf(name);
    if (id >= 0) return id;
    throw new MaskcastError('USAGE', `the data set has no class "${name}"; its classes are ${names.join(', ')}`);
  };
  const strangers = Object.keys(rename).filter((name) => name !== '*' && !model.some((entry) => entry.name === name));
  if (strangers.length > 0) {
    throw new MaskcastError(
      'USAGE',
      `the network has no class "${strangers.join('", "')}"; its classes are ${list(model)}`,
    );
  }
  const merged = new Map(Object.entries(merge).map(([from, to]) => [known(from), known(to)]));
  const counted = (id: number) => merged.get(id) ?? id;

  const partners = model.map(({ name }) => {
    const partner = rename[name] ?? (names.includes(name) ? name : rename['*']);
    return partner === undefined ? undefined : counted(known(partner));
  });
  const homeless = model.filter((_, index) => partners[index] === undefined);
  const unreachable = dataset.classes.filter(({ id }) => !merged.has(id) && !partners.includes(id));
  if (homeless.length > 0 || unreachable.length > 0) {
    const complaints = [
      homeless.length > 0 ? `the data set has no class for the network's ${list(homeless)} (see --map)` : '',
      unreachable.length > 0
        ? `the network has no class for the data set's ${list(unreachable)} (see --map, --merge)`
        : '',
    ];
    throw new MaskcastError('DATASET_INVALID', complaints.filter((text) => text !== '').join('; '));
  }
  const fromLabel = new Uint8Array(256).fill(NOT_COUNTED);
  for (const { id } of dataset.classes) if (id !== dataset.ignoreIndex) fromLabel[id] = counted(id);
  return { fromModel: Uint8Array.from(partners as number[]), fromLabel };
}

const list = (classes: readonly DatasetClass[]) => classes.map(({ name }) => name).join(', ');
