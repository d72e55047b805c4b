import type { Size } from '../core/geometry.js';
import type { ScoreMap } from '../core/mask.js';
import type { Field } from './field.js';
import type { Plane } from './plane.js';
import { type Floats, type Handle, type KernelMemory, kernels } from './wasm.js';

/**
 * In: class scores of an earlier frame and the motion since. Out: the scores at the places where their content is now.
 * Always holds: the scores of a cell stay a convex mixture of given ones, so probabilities still sum to 1.
 */

/** Class probabilities on the grid, cell-major: class c of cell i is `data[i · lanes + c]`. */
export interface Scores extends Size {
  readonly classes: number;
  /** `classes` rounded up to a multiple of 4; what is left over is 0. */
  readonly lanes: number;
  readonly data: Floats;
  readonly handle: Handle;
}

export function createScores(memory: KernelMemory, { width, height }: Size, classes: number): Scores {
  const lanes = Math.ceil(classes / 4) * 4;
  const data = memory.floats(width * height * lanes);
  return {
    width,
    height,
    classes,
    lanes,
    data,
    handle: memory.handleOf(width, height, classes, lanes, data.byteOffset),
  };
}

/**
 * Reads a network's scores (CHW, any size) onto the grid: copied where the size agrees, else resampled bilinearly.
 * @param values of `map`, in the kernels' memory
 */
export function readScores(map: Pick<ScoreMap, 'size'>, values: Floats, out: Scores): void {
  kernels().readScores(values.byteOffset, map.size.width, map.size.height, out.handle.byteOffset);
}

/** Bilinear: out(p) = from(p + way(p)). Positions outside the grid read its edge. */
export function warpScores(from: Scores, way: Field, out: Scores): void {
  kernels().warpScores(from.handle.byteOffset, way.handle.byteOffset, out.handle.byteOffset);
}

/** Luma difference beyond noise at which trust halves. */
const RESIDUAL_SCALE = 16;
/** Residuals of unchanged content reach about twice the noise. */
const NOISE_MARGIN = 2;

/**
 * How far moved scores can be trusted, 0–1 a cell: falls with the luma residual beyond `noise` (0–255, what a still scene
 * shows) and is low where the content came from outside the picture:
 * 1 / ((1 + (excess / RESIDUAL_SCALE)²) · (1 + cells outside)).
 */
export function trustOf(way: Field, residual: Floats, noise: number, out: Floats): void {
  kernels().trustOf(way.handle.byteOffset, residual.byteOffset, NOISE_MARGIN * noise, RESIDUAL_SCALE, out.byteOffset);
}

/**
 * Draws moved scores that can't be trusted (what was uncovered, or came into the picture) towards the trusted ones up to four cells away
 * that look alike: a joint bilateral filter over the doubtful cells only, in which neighbours count by trust, by likeness of luma and by
 * nearness. Trusted cells stay as they are.
 * @param trust of the scores, 0–1 a cell
 * @param luma of the frame, one pixel a cell
 */
export function fillDoubtful(scores: Scores, trust: Floats, luma: Plane): void {
  kernels().fillDoubtful(scores.handle.byteOffset, trust.byteOffset, luma.handle.byteOffset);
}
