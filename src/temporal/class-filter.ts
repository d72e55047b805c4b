import type { ClassRules } from '../core/class-settings.js';
import type { Scores } from './propagate.js';
import { labelCells } from './render.js';
import type { Floats } from './wasm.js';
import type { Workshop } from './workshop.js';

/**
 * In: class scores on the grid and what a stream wants of the classes. Out: scores as if the network had only what is on, and, for
 * the mask alone, without what it is not sure enough of. Always holds: a class that is off has probability 0 everywhere, so that it
 * counts in no blend, no comparison and no arg-max; thresholds never change what is remembered.
 */

/** Where so little is left for all classes that are on, their shares say nothing. */
const NOTHING = 1e-6;

/** Takes the classes that are off out of `scores`, in place; the others keep their proportions and sum to 1 again. */
export function dropClasses(scores: Scores, rules: ClassRules): void {
  const { off } = rules;
  if (off.length === 0) return;
  const { data, lanes, classes } = scores;
  for (let at = 0; at < data.length; at += lanes) {
    for (let k = 0; k < off.length; k += 1) data[at + (off[k] as number)] = 0;
    let left = 0;
    for (let id = 0; id < classes; id += 1) left += data[at + id] as number;
    if (left > NOTHING) {
      const scale = 1 / left;
      for (let id = 0; id < classes; id += 1) data[at + id] = (data[at + id] as number) * scale;
    } else {
      sayNothing(data, at, classes, rules);
    }
  }
}

/** The network was certain of a class that is off, as one that gives labels always is. */
function sayNothing(data: Floats, at: number, classes: number, { off, background }: ClassRules): void {
  for (let id = 0; id < classes; id += 1) {
    const even = off.includes(id) ? 0 : 1 / (classes - off.length);
    data[at + id] = background === undefined ? even : Number(id === background);
  }
}

/** The scores that the mask is drawn from: `scores` themselves, or what of them passes the thresholds, free to use within one call. */
export function surelyKnown(scores: Scores, rules: ClassRules | undefined, workshop: Workshop): Scores {
  if (!rules || rules.thresholds.length === 0) return scores;
  const shown = workshop.movedScores(scores.classes);
  if (shown !== scores) shown.data.set(scores.data);
  const { data, lanes, classes } = shown;
  const { thresholds, background } = rules;
  const { before: likeliest } = workshop;
  labelCells(scores, likeliest);
  for (let at = 0, cell = 0; at < data.length; at += lanes, cell += 1) {
    const first = likeliest[cell] as number;
    const score = data[at + first] as number;
    let any = false;
    for (const { id, least } of thresholds) if ((data[at + id] as number) < least) data[at + id] = 0;
    for (let id = 0; id < classes && !any; id += 1) any = (data[at + id] as number) > 0;
    // Nothing passes: nothing in particular, or, where the network knows no such class, what it thinks likeliest.
    if (!any) data[at + (background ?? first)] = score;
  }
  return shown;
}

export const sameRules = (a: ClassRules | undefined, b: ClassRules | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
