/** In: names of classes. Out: which are thin and which move, whose IoU suffers first where frames are skipped. */
export type ClassGroup = 'thin' | 'moving' | 'other';

export const CLASS_GROUPS: readonly ClassGroup[] = ['thin', 'moving', 'other'];

/** By name, in the words of the common street and everyday data sets. */
export const THIN_NAMES = 'pole, pole group, sign, traffic sign, traffic light, fence, guard rail, column, wire'.split(
  ', ',
);
export const MOVING_NAMES =
  'person, pedestrian, rider, bicyclist, cyclist, bicycle, motorcycle, motorbike, cycle, car, vehicle, truck, bus, train, tram, boat, animal, bird, cat, cow, dog, horse, sheep'.split(
    ', ',
  );

export interface GroupNames {
  readonly thin: readonly string[];
  readonly moving: readonly string[];
}

/** The group of each class; capitals, underscores and hyphens don't matter. */
export function groupsOf(classes: readonly string[], { thin, moving }: GroupNames): readonly ClassGroup[] {
  const [thinNames, movingNames] = [new Set(thin.map(plain)), new Set(moving.map(plain))];
  return classes.map((name) =>
    thinNames.has(plain(name)) ? 'thin' : movingNames.has(plain(name)) ? 'moving' : 'other',
  );
}

const plain = (name: string): string => name.trim().toLowerCase().replace(/[_-]+/g, ' ');
