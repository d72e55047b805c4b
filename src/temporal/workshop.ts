import type { Size } from '../core/geometry.js';
import { createField, type Field } from './field.js';
import { InverseSearch } from './inverse-search.js';
import { CELL, createPyramid, type Pyramid } from './plane.js';
import { createScores, type Scores } from './propagate.js';
import { MaskRenderer } from './render.js';
import { type Bytes, type Floats, KernelMemory } from './wasm.js';

/**
 * Buffers of one grid size, reused from frame to frame. Always holds: what is taken belongs to the taker until it is given back.
 */
export class Workshop {
  /** One value a cell, free to use within one call of the engine. */
  readonly residual: Floats;
  readonly trust: Floats;
  readonly before: Bytes;
  readonly after: Bytes;
  readonly search: InverseSearch;
  readonly renderer: MaskRenderer;
  private readonly memory = new KernelMemory();
  private pixels = this.memory.bytes(0);
  private values = this.memory.floats(0);
  private moved: Scores | undefined;
  private readonly pyramids: Pyramid[];
  private readonly fields: Field[] = [];
  private readonly scores: Scores[] = [];

  constructor(readonly grid: Size) {
    const cells = grid.width * grid.height;
    this.residual = this.memory.floats(cells);
    this.trust = this.memory.floats(cells);
    this.before = this.memory.bytes(cells);
    this.after = this.memory.bytes(cells);
    const pyramid = this.createPyramid();
    this.pyramids = [pyramid];
    this.search = new InverseSearch(this.memory, pyramid);
    this.renderer = new MaskRenderer(this.memory, grid);
  }

  /** A frame's pixels, in the kernels' memory. Free to use within one call of the engine, as are `copyOfValues`. */
  copyOfPixels(pixels: Uint8Array): Bytes {
    if (this.pixels.length !== pixels.length) {
      this.memory.free(this.pixels);
      this.pixels = this.memory.bytes(pixels.length);
    }
    this.pixels.set(pixels);
    return this.pixels;
  }

  /** A network's scores, in the kernels' memory. */
  copyOfValues(values: Float32Array): Floats {
    if (this.values.length !== values.length) {
      this.memory.free(this.values);
      this.values = this.memory.floats(values.length);
    }
    this.values.set(values);
    return this.values;
  }

  takePyramid(): Pyramid {
    return this.pyramids.pop() ?? this.createPyramid();
  }

  givePyramid(pyramid: Pyramid): void {
    this.pyramids.push(pyramid);
  }

  takeField(): Field {
    return this.fields.pop() ?? createField(this.memory, this.grid);
  }

  giveField(field: Field): void {
    this.fields.push(field);
  }

  takeScores(classes: number): Scores {
    const index = this.scores.findIndex((scores) => scores.classes === classes);
    const [scores] = index === -1 ? [] : this.scores.splice(index, 1);
    return scores ?? createScores(this.memory, this.grid, classes);
  }

  giveScores(scores: Scores): void {
    this.scores.push(scores);
  }

  /** Free to use within one call of the engine. */
  movedScores(classes: number): Scores {
    if (this.moved && this.moved.classes !== classes) {
      this.scores.push(this.moved);
      this.moved = undefined;
    }
    this.moved ??= this.takeScores(classes);
    return this.moved;
  }

  /** Gives back its memory, with all that is taken at the moment. Not to be used after that. */
  close(): void {
    this.memory.close();
  }

  private createPyramid(): Pyramid {
    return createPyramid(this.memory, { width: this.grid.width * CELL, height: this.grid.height * CELL });
  }
}
