import type { Size } from '../../core/geometry.js';
import type { Field } from '../field.js';
import { type Floats, KernelMemory, kernels } from '../wasm.js';
import { Worth } from './worth.js';

/**
 * In: the motion and residual of each frame, and the labels that each inference changed. Out: how much of the mask moving it along has probably
 * spoiled since the last inference. Always holds: no loss right after an inference is asked for.
 *
 * A cell is spoiled where its luma did not come from where the motion says, by e² / (1 + e²), e = excess / FOREIGN; it stays so as it moves on.
 * What comes from outside the picture is. What a spoiled cell costs is learned: see Worth.
 */
export class Risk {
  /** Luma residual of content that did not change, 0–255: what the camera's noise and coding leave. */
  noise = 2;
  /** Expected loss of the newest frame's mask without an inference, in worth a cell. */
  loss = 0;
  /** Sum of `loss` over the frames since the last inference. */
  regret = 0;
  private spoiled: Floats;
  private moved: Floats;
  /** What was spoiled when the network was last asked. */
  private readonly asked: Floats;
  private readonly worth: Worth;
  private readonly memory = new KernelMemory();

  constructor(grid: Size) {
    const cells = grid.width * grid.height;
    this.spoiled = this.memory.floats(cells);
    this.moved = this.memory.floats(cells);
    this.asked = this.memory.floats(cells);
    this.worth = new Worth(this.memory, grid);
  }

  /** A frame came: `step` leads from it to the frame before, `residual` (0–255 a cell) is what that doesn't explain. */
  advance(step: Field, residual: Floats): void {
    const { medianLevel, spoil } = kernels();
    this.noise += NOISE_RATE * (medianLevel(residual.byteOffset, residual.length) - this.noise);
    spoil(
      this.spoiled.byteOffset,
      step.handle.byteOffset,
      residual.byteOffset,
      NOISE_MARGIN * this.noise,
      FOREIGN,
      this.moved.byteOffset,
    );
    [this.spoiled, this.moved] = [this.moved, this.spoiled];
    this.loss = this.worth.of(this.spoiled);
    this.regret += this.loss;
  }

  /** The network is asked about the newest frame. */
  ask(): void {
    this.asked.set(this.spoiled);
    this.spoiled.fill(0);
    this.loss = 0;
    this.regret = 0;
  }

  /** The answer came. @param before labels of the cells without it @param after labels with it */
  learn(before: Uint8Array, after: Uint8Array): void {
    this.worth.learn(this.asked, before, after);
  }

  /** Gives back its memory. Not to be used after that. */
  close(): void {
    this.memory.close();
  }
}

/** Residual beyond noise at which a cell is half spoiled. */
const FOREIGN = 24;
/** Residuals of unchanged content reach about twice their median. */
const NOISE_MARGIN = 2;
const NOISE_RATE = 0.1;
