import { type ErrorCode, MaskcastError } from './errors.js';
import { isBackground, type ModelInfo } from './model.js';

/**
 * What people want of a network's classes. `off`: as if the network had no such class; its pixels go to the likeliest of the
 * others. `threshold`: the class shows only where the network gives it at least this probability, 0–1; elsewhere the likeliest of
 * the others does.
 */
export type ClassSetting = 'off' | { readonly threshold: number };

/** By the name of the class. Those that are not named are taken as the network says. */
export type ClassSettings = Readonly<Record<string, ClassSetting>>;

/** The same for one network, by index. */
export interface ClassRules {
  readonly off: readonly number[];
  readonly thresholds: readonly { readonly id: number; readonly least: number }[];
  /** What shows where nothing else may: the background; absent where the network has none. */
  readonly background: number | undefined;
}

const sameName = (name: string) => (entry: { readonly name: string }) =>
  entry.name.toLowerCase() === name.toLowerCase();

/** What is wanted of one class; undefined: as the network says. */
export const settingOf = (settings: ClassSettings, name: string): ClassSetting | undefined =>
  Object.entries(settings).find(([key]) => sameName(name)({ name: key }))?.[1];

/** @returns undefined where nothing is asked of this network. Names of classes that it lacks rest: another network may have them */
export function classRules(settings: ClassSettings, { classes }: Pick<ModelInfo, 'classes'>): ClassRules | undefined {
  const off: number[] = [];
  const thresholds: { id: number; least: number }[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const id = classes.find(sameName(name))?.id;
    if (id === undefined) continue;
    if (setting === 'off') off.push(id);
    else if (setting.threshold > 0) thresholds.push({ id, least: setting.threshold });
  }
  if (off.length === 0 && thresholds.length === 0) return undefined;
  const background = classes.find((entry) => isBackground(entry) && !off.includes(entry.id))?.id;
  return { off, thresholds, background };
}

/**
 * Whether a network can do what is asked of it.
 * @param code of the error: who asks decides
 * @throws MaskcastError on a class that it has not, on all of them off, on a threshold where it gives labels without scores
 */
export function requireClasses(
  settings: ClassSettings,
  { name: model, classes, labelsOnly }: Pick<ModelInfo, 'name' | 'classes' | 'labelsOnly'>,
  code: ErrorCode,
): void {
  const given = Object.entries(settings);
  const unknown = given.find(([name]) => !classes.some(sameName(name)));
  if (unknown) {
    const names = classes.map(({ name }) => name).join(', ');
    throw new MaskcastError(code, `classes: the network ${model} has no class "${unknown[0]}"; it has ${names}`);
  }
  const twice = given.find(([name], at) => given.slice(0, at).some(([other]) => sameName(name)({ name: other })));
  if (twice) throw new MaskcastError(code, `classes: "${twice[0]}" is named twice`);
  if (given.filter(([, setting]) => setting === 'off').length === classes.length && classes.length > 0) {
    throw new MaskcastError(code, `classes: all ${classes.length} are off; at least one has to stay`);
  }
  const threshold = labelsOnly ? given.find(([, setting]) => setting !== 'off') : undefined;
  if (threshold) {
    throw new MaskcastError(
      code,
      `classes: the network ${model} gives a class a pixel and no scores, so "${threshold[0]}" can have no threshold; it can be off`,
    );
  }
}

/** In words, for people: "animal off, person from 60 %". */
export const classWords = (settings: ClassSettings): string =>
  Object.entries(settings)
    .map(([name, setting]) =>
      setting === 'off' ? `${name} off` : `${name} from ${Math.round(setting.threshold * 100)} %`,
    )
    .join(', ');
