import { type Size, sameSize } from '../core/geometry.js';
import { createField, type Field } from './field.js';
import { InverseSearch } from './inverse-search.js';
import { CELL, createPyramid, type Pyramid } from './plane.js';
import { createScores, type Scores } from './propagate.js';

/**
 * Buffers of one grid size, reused from frame to frame. Always holds: what is taken belongs to the taker until it is given back; what is
 * given back with another size is left to the garbage collector.
 */
export class Workshop {
  /** One value a cell, free to use within one call of the engine. */
  readonly residual: Float32Array;
  readonly trust: Float32Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly search: InverseSearch;
  private moved: Scores | undefined;
  private readonly pyramids: Pyramid[];
  private readonly fields: Field[] = [];
  private readonly scores: Scores[] = [];

  constructor(readonly grid: Size) {
    const cells = grid.width * grid.height;
    this.residual = new Float32Array(cells);
    this.trust = new Float32Array(cells);
    this.before = new Uint8Array(cells);
    this.after = new Uint8Array(cells);
    const pyramid = this.createPyramid();
    this.pyramids = [pyramid];
    this.search = new InverseSearch(pyramid);
  }

  takePyramid(): Pyramid {
    return this.pyramids.pop() ?? this.createPyramid();
  }

  givePyramid(pyramid: Pyramid): void {
    const [finest] = pyramid;
    if (finest?.width === 2 * this.grid.width && finest.height === 2 * this.grid.height) this.pyramids.push(pyramid);
  }

  takeField(): Field {
    return this.fields.pop() ?? createField(this.grid);
  }

  giveField(field: Field | undefined): void {
    if (field && sameSize(field, this.grid)) this.fields.push(field);
  }

  takeScores(classes: number): Scores {
    const scores = this.scores.pop();
    return scores?.classes === classes ? scores : createScores(this.grid, classes);
  }

  giveScores(scores: Scores): void {
    if (sameSize(scores, this.grid)) this.scores.push(scores);
  }

  /** Free to use within one call of the engine. */
  movedScores(classes: number): Scores {
    if (this.moved?.classes !== classes) this.moved = createScores(this.grid, classes);
    return this.moved;
  }

  private createPyramid(): Pyramid {
    return createPyramid({ width: this.grid.width * CELL, height: this.grid.height * CELL });
  }
}
