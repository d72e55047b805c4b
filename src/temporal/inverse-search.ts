import type { Field } from './field.js';
import { type PatchGrid, patchGrid } from './patches.js';
import type { Plane, Pyramid } from './plane.js';
import { type Floats, type KernelMemory, kernels } from './wasm.js';

/**
 * In: the pyramids of two frames. Out: for each grid cell of the first, where its content lay in the second (a backward
 * field when the first is the newer frame). Always holds: the result depends on nothing but the arguments.
 *
 * Inverse compositional search over overlapping patches, coarse to fine, after Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using
 * Dense Inverse Search (2016). Different from it: patches start from the best of several candidates (the coarser level, neighbours
 * that are done, a predicted field), all in integer arithmetic, and the dense field is made once, for grid cells: each cell gets the mean of the
 * four patches over it, weighted by how well each explains the cell's own luma where they disagree, which keeps motion edges sharper than a
 * patch.
 */

export interface SearchOptions {
  /** Gauss–Newton steps a patch and level at most. */
  readonly iterations: number;
  /** The finest level searched; 0 is two pixels a grid cell, 1 one. */
  readonly finest: 0 | 1;
}

export class InverseSearch {
  private readonly grids: readonly PatchGrid[];
  private readonly scratch: Floats;

  constructor(
    memory: KernelMemory,
    pyramid: Pyramid,
    private readonly options: SearchOptions = { iterations: 3, finest: 0 },
  ) {
    this.grids = pyramid.map((plane) => patchGrid(memory, plane));
    this.scratch = memory.floats(Math.max(...this.grids.map(({ dx }) => dx.length)));
  }

  /** Searches from nothing but a guess, coarse to fine. */
  run(from: Pyramid, to: Pyramid, predicted: Field, out: Field): void {
    const { searchLevel, smoothLevel } = kernels();
    const { iterations, finest } = this.options;
    let coarser = 0;
    for (let level = from.length - 1; level >= finest; level -= 1) {
      const grid = (this.grids[level] as PatchGrid).handle.byteOffset;
      const [newer, older] = [placeOf(from, level), placeOf(to, level)];
      searchLevel(newer, older, coarser, predicted.handle.byteOffset, 2 ** level / 2, iterations, grid);
      smoothLevel(grid, this.scratch.byteOffset);
      coarser = grid;
    }
    this.densify(from, to, finest, out);
  }

  /**
   * Improves a field that is nearly right, at the finest level only: what creeps in over many composed steps is taken out
   * again against the frame that the field leads to. No median here: a lone patch may be a pole.
   */
  correct(from: Pyramid, to: Pyramid, field: Field, out: Field): void {
    const grid = this.grids[0] as PatchGrid;
    kernels().correctLevel(
      placeOf(from, 0),
      placeOf(to, 0),
      field.handle.byteOffset,
      this.options.iterations,
      grid.handle.byteOffset,
    );
    this.densify(from, to, 0, out);
  }

  private densify(from: Pyramid, to: Pyramid, level: 0 | 1, out: Field): void {
    const grid = this.grids[level] as PatchGrid;
    kernels().densify(
      placeOf(from, level),
      placeOf(to, level),
      grid.handle.byteOffset,
      2 >> level,
      out.handle.byteOffset,
    );
  }
}

const placeOf = (pyramid: Pyramid, level: number): number => (pyramid[level] as Plane).handle.byteOffset;
