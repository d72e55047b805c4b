import { MaskcastError } from '../core/errors.js';
import { isBackground, type ModelInfo } from '../core/model.js';
import type { Palette, Rgb } from './export/mask-png.js';

/** Colours of a model's classes, as the outputs draw them. */

export function classPalette(model: ModelInfo): Palette {
  const last = Math.max(0, ...model.classes.map(({ id }) => id));
  const colors: Rgb[] = Array.from({ length: last + 1 }, () => [0, 0, 0]);
  for (const { id, color } of model.classes) colors[id] = color;
  return { colors };
}

/**
 * Ids of the named classes; where `names` is absent, all of the model's but its background.
 * @throws MaskcastError USAGE on an unknown name
 */
export function chosenClasses(model: ModelInfo, names: readonly string[] | undefined): ReadonlySet<number> {
  if (!names) return new Set(model.classes.filter((entry) => !isBackground(entry)).map(({ id }) => id));
  return new Set(
    names.map((name) => {
      const found = model.classes.find((entry) => entry.name.toLowerCase() === name.toLowerCase());
      if (found) return found.id;
      const allowed = model.classes.map((entry) => entry.name).join(', ');
      throw new MaskcastError('USAGE', `the model ${model.name} has no class "${name}"; it has ${allowed}`);
    }),
  );
}
