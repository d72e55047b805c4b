import type { Size } from '../../core/geometry.js';
import { type Floats, type KernelMemory, kernels } from '../wasm.js';

/**
 * What a spoiled cell costs, learned block by block from what inferences really change: leaves in the wind spoil their cells all day
 * and never change the mask, a door does it seldom and then it counts.
 *
 * In: which cells were spoiled, and the labels with and without an inference. Out: the expected loss of spoiled cells. A wrong cell
 * counts for the more the rarer its class, as it does in a mean IoU.
 */

/** Cells along a block's side. */
const BLOCK = 8;
/** Worth of a spoiled cell where nothing is known yet. */
const PRIOR = 0.3;
/** A block is never given up: something may happen there after all. */
const LEAST = 0.05;
const LEARNING_RATE = 0.2;
/** Spoiled cells of a block at which an answer counts half. */
const EVIDENCE = 8;
/** How fast class shares follow the picture, an inference. */
const SHARE_RATE = 0.1;
/** Smaller classes count as being this large. */
const SMALLEST_SHARE = 0.002;
const HEAVIEST = 6;

export class Worth {
  private readonly columns: number;
  private readonly worth: Floats;
  private readonly spoiledCells: Float32Array;
  private readonly cost: Float32Array;
  private readonly shares = new Float32Array(256);
  private readonly weights = new Float32Array(256).fill(1);

  constructor(
    memory: KernelMemory,
    private readonly grid: Size,
  ) {
    this.columns = Math.ceil(grid.width / BLOCK);
    const blocks = this.columns * Math.ceil(grid.height / BLOCK);
    this.worth = memory.floats(blocks);
    this.worth.fill(PRIOR);
    this.spoiledCells = new Float32Array(blocks);
    this.cost = new Float32Array(blocks);
  }

  /** Expected loss a cell of the picture. @param spoiled 0–1 a cell */
  of(spoiled: Floats): number {
    const { width, height } = this.grid;
    const sum = kernels().weightedSum(spoiled.byteOffset, width, height, this.worth.byteOffset, BLOCK);
    return sum / spoiled.length;
  }

  learn(spoiled: Float32Array, before: Uint8Array, after: Uint8Array): void {
    this.weigh(after);
    const { width, height } = this.grid;
    const { spoiledCells, cost, worth, weights } = this;
    spoiledCells.fill(0);
    cost.fill(0);
    let calmCells = 0;
    let calmCost = 0;
    for (let y = 0, i = 0; y < height; y += 1) {
      const blocks = Math.floor(y / BLOCK) * this.columns;
      for (let x = 0; x < width; x += 1, i += 1) {
        const share = spoiled[i] as number;
        const old = before[i] as number;
        const fresh = after[i] as number;
        const loss = old === fresh ? 0 : Math.max(weights[old] as number, weights[fresh] as number);
        const block = blocks + Math.floor(x / BLOCK);
        spoiledCells[block] = (spoiledCells[block] as number) + share;
        cost[block] = (cost[block] as number) + share * loss;
        calmCells += 1 - share;
        calmCost += (1 - share) * loss;
      }
    }
    // What changes where nothing was spoiled is the network's own flicker: no run of the network mends that.
    const flicker = calmCells > 0 ? calmCost / calmCells : 0;
    for (let block = 0; block < worth.length; block += 1) {
      const cells = spoiledCells[block] as number;
      if (cells === 0) continue;
      const seen = Math.max(0, (cost[block] as number) / cells - flicker);
      const old = worth[block] as number;
      worth[block] = Math.max(LEAST, old + (LEARNING_RATE * (seen - old) * cells) / (cells + EVIDENCE));
    }
  }

  private weigh(labels: Uint8Array): void {
    const { shares, weights } = this;
    for (let k = 0; k < shares.length; k += 1) shares[k] = (shares[k] as number) * (1 - SHARE_RATE);
    const cell = SHARE_RATE / labels.length;
    for (let i = 0; i < labels.length; i += 1) {
      const label = labels[i] as number;
      shares[label] = (shares[label] as number) + cell;
    }
    let present = 0;
    for (let k = 0; k < shares.length; k += 1) if ((shares[k] as number) > SMALLEST_SHARE) present += 1;
    for (let k = 0; k < shares.length; k += 1) {
      weights[k] = Math.min(HEAVIEST, 1 / (Math.max(SMALLEST_SHARE, shares[k] as number) * Math.max(1, present)));
    }
  }
}
