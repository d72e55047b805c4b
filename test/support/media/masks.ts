import type { Size } from '../../../src/core/geometry.js';
import type { Mask } from '../../../src/core/mask.js';

/** Masks for tests that need no network. */

/** Each character is a cell's class; '.' is class 0. */
export function drawnMask(...rows: readonly string[]): Mask {
  const labels = Uint8Array.from(rows.join(''), (cell) => (cell === '.' ? 0 : Number(cell)));
  return maskOf(labels, { width: rows[0]?.length ?? 0, height: rows.length });
}

function maskOf(labels: Uint8Array, size: Size): Mask {
  return { size, labels, confidence: new Uint8Array(labels.length).fill(255), origin: 'inferred', age: 0 };
}

/** Blots of several classes with ragged edges, holes and stray cells; the same for the same seed. */
export function blottedMask(size: Size, classes: number, seed: number): Mask {
  const random = numbers(seed);
  const labels = new Uint8Array(size.width * size.height);
  for (let blot = 0; blot < 12; blot++) {
    const [x, y] = [random() * size.width, random() * size.height];
    const radius = 1 + (random() * Math.min(size.width, size.height)) / 4;
    const label = Math.floor(random() * classes);
    for (let at = 0; at < labels.length; at++) {
      const off = Math.hypot((at % size.width) - x, Math.floor(at / size.width) - y);
      if (off < radius + random() * 2 - 1) labels[at] = label;
    }
  }
  return maskOf(labels, size);
}

/** Numbers in [0, 1) that look random: a linear congruential generator (Numerical Recipes' constants). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
