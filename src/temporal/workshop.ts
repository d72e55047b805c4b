import { type Size, sameSize } from '../core/geometry.js';
import { createField, type Field } from './field.js';
import { InverseSearch } from './inverse-search.js';
import { CELL, createPyramid, type Pyramid } from './plane.js';
import { createScores, type Scores } from './propagate.js';
import { MaskRenderer } from './render.js';
import { type Bytes, bytes, type Floats, floats } from './wasm.js';

/**
 * Buffers of one grid size, reused from frame to frame. Always holds: what is taken belongs to the taker until it is given back; what is
 * given back with another size is left to the garbage collector.
 */
export class Workshop {
  /** One value a cell, free to use within one call of the engine. */
  readonly residual: Floats;
  readonly trust: Floats;
  readonly before: Bytes;
  readonly after: Bytes;
  readonly search: InverseSearch;
  readonly renderer: MaskRenderer;
  private pixels = bytes(0);
  private values = floats(0);
  private moved: Scores | undefined;
  private readonly pyramids: Pyramid[];
  private readonly fields: Field[] = [];
  private readonly scores: Scores[] = [];

  constructor(readonly grid: Size) {
    const cells = grid.width * grid.height;
    this.residual = floats(cells);
    this.trust = floats(cells);
    this.before = bytes(cells);
    this.after = bytes(cells);
    const pyramid = this.createPyramid();
    this.pyramids = [pyramid];
    this.search = new InverseSearch(pyramid);
    this.renderer = new MaskRenderer(grid);
  }

  /** A frame's pixels, in the kernels' memory. Free to use within one call of the engine, as are `copyOfValues`. */
  copyOfPixels(pixels: Uint8Array): Bytes {
    if (this.pixels.length !== pixels.length) this.pixels = bytes(pixels.length);
    this.pixels.set(pixels);
    return this.pixels;
  }

  /** A network's scores, in the kernels' memory. */
  copyOfValues(values: Float32Array): Floats {
    if (this.values.length !== values.length) this.values = floats(values.length);
    this.values.set(values);
    return this.values;
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
