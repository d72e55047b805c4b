/**
 * The engine's hot loops, in AssemblyScript: compiled to one WebAssembly module by `scripts/build-kernels.mjs`. They work on the linear memory that
 * `../arena.ts` hands out; every pointer lies in it, and arrays have room for a vector past their end. The same input gives the same
 * output on every machine.
 */
export { composeFields, countAbove, densify, measure } from './motion';
export { difference, halve, halveRgb, pad } from './pyramid';
export { labelCells, render } from './render';
export { medianLevel, spoil, weightedSum } from './risk';
export { blendScores, fillDoubtful, readScores, trustOf, warpScores } from './scores';
export { correctLevel, searchLevel, smoothLevel } from './search';
export { holdSpecks } from './specks';

/** First byte that the kernels don't use themselves. */
export function heapStart(): usize {
  return __heap_base;
}
