import type { MaskInspection } from '../core/mask.js';
import type { Field } from './field.js';

/** In: what the engine worked with for one mask. Out: the same, small enough to be drawn over the picture for debugging. */

/** Grid cells along a block's side: 16 mask pixels. */
const BLOCK = 8;
/** Quarters of a mask pixel in a cell. */
const QUARTERS_A_CELL = 8;

/**
 * @param step from the mask's frame to the one before
 * @param trust of the moved scores, 0–1 a cell; absent where the network saw this frame
 */
export function inspect(step: Field, trust: Float32Array | undefined): MaskInspection {
  const columns = Math.ceil(step.width / BLOCK);
  const rows = Math.ceil(step.height / BLOCK);
  const motion = new Int8Array(2 * columns * rows);
  for (let row = 0, to = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      // The field leads back in time; what is shown is where the content went.
      motion[to++] = quarters(-meanOf(step.dx, step, column, row));
      motion[to++] = quarters(-meanOf(step.dy, step, column, row));
    }
  }
  const cells = new Uint8Array(step.width * step.height);
  if (trust) for (let i = 0; i < cells.length; i += 1) cells[i] = Math.round(255 * (trust[i] as number));
  else cells.fill(255);
  return { columns, rows, motion, trust: cells };
}

function meanOf(values: Float32Array, { width, height }: Field, column: number, row: number): number {
  const right = Math.min((column + 1) * BLOCK, width);
  const bottom = Math.min((row + 1) * BLOCK, height);
  let sum = 0;
  for (let y = row * BLOCK; y < bottom; y += 1) {
    for (let x = column * BLOCK; x < right; x += 1) sum += values[y * width + x] as number;
  }
  return sum / ((right - column * BLOCK) * (bottom - row * BLOCK));
}

const quarters = (cells: number): number => Math.max(-127, Math.min(127, Math.round(cells * QUARTERS_A_CELL)));
