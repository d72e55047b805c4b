import type { TrialOutput } from './session-protocol.js';

/** Pseudo-random input values, the same ones every time: 0–255 as uint8, about −2 to 2 as float32 (normalised pixels). */
export function noise(type: 'uint8' | 'float32', length: number): Uint8Array | Float32Array {
  let state = 1;
  // A linear congruential generator with the constants of Numerical Recipes; the upper byte is the random one.
  const byte = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return type === 'uint8' ? Uint8Array.from({ length }, byte) : Float32Array.from({ length }, () => byte() / 64 - 2);
}

/** What the values of one output tell about its meaning; see `TrialOutput`. */
export function summarise(
  name: string,
  type: string,
  shape: readonly number[],
  values: ArrayLike<number | bigint>,
): TrialOutput {
  let [min, max, whole] = [Infinity, -Infinity, true];
  for (let index = 0; index < values.length; index += 1) {
    const value = Number(values[index]);
    min = Math.min(min, value);
    max = Math.max(max, value);
    whole &&= Number.isInteger(value);
  }
  const sumsToOne = shape.flatMap((length, axis) => (length > 1 && sumsTo1(values, shape, axis) ? [axis] : []));
  return { name, type, shape, min, max, whole, sumsToOne };
}

function sumsTo1(values: ArrayLike<number | bigint>, shape: readonly number[], axis: number): boolean {
  const length = shape[axis] as number;
  const step = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  for (let start = 0; start < values.length; start += 1) {
    if (Math.floor(start / step) % length !== 0) continue;
    let sum = 0;
    for (let index = 0; index < length; index += 1) sum += Number(values[start + index * step]);
    if (Math.abs(sum - 1) > 1e-3) return false;
  }
  return values.length > 0;
}
