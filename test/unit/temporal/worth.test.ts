import { expect, it } from 'vitest';
import { Worth } from '../../../src/temporal/decision/worth.js';
import { KernelMemory } from '../../../src/temporal/wasm.js';

const GRID = { width: 16, height: 16 };
const CELLS = GRID.width * GRID.height;

/** Expected loss of a wholly spoiled left half, after fifty inferences that change the cells that `changes` names. */
function learned(changes: (cell: number, round: number) => boolean): number {
  const memory = new KernelMemory();
  const worth = new Worth(memory, GRID);
  const spoiled = memory.floats(CELLS);
  for (let cell = 0; cell < CELLS; cell += 1) spoiled[cell] = cell % GRID.width < 8 ? 1 : 0;
  for (let round = 0; round < 50; round += 1) {
    const before = Uint8Array.from({ length: CELLS }, (_, cell) => (cell >> 4) & 1);
    const after = before.map((label, cell) => (changes(cell, round) ? 1 - label : label));
    worth.learn(spoiled, before, after);
  }
  const loss = worth.of(spoiled);
  memory.close();
  return loss;
}

it('what the network changes where nothing was spoiled counts for nothing: it is its own flicker', () => {
  const flicker = (cell: number, round: number) => (cell * 7 + round * 3) % 4 === 0;
  const movement = (cell: number, round: number) => cell % GRID.width < 8 && flicker(cell, round);
  expect(learned(movement)).toBeGreaterThan(0.1);
  expect(learned(flicker)).toBeLessThan(0.04);
});
