/** Lengths on a grid; `step` is a whole number from 1. */

/** The nearest multiple from one step. */
export const nearest = (length: number, step: number): number => Math.max(step, Math.round(length / step) * step);

export const roundUp = (length: number, step: number): number => Math.ceil(length / step) * step;

export const roundDown = (length: number, step: number): number => Math.floor(length / step) * step;

/** Of two small whole numbers from 1. */
export function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}
