import type { Size } from '../core/geometry.js';
import type { Field } from './field.js';
import { Worth } from './worth.js';

/**
 * In: the motion and residual of each frame, and the labels that each inference changed. Out: how much of the mask moving it along has probably
 * spoiled since the last inference. Always holds: no loss right after an inference is asked for.
 *
 * A cell is spoiled where its luma did not come from where the motion says; it stays so as it moves on. What a spoiled cell costs is
 * learned: see Worth.
 */
export class Risk {
  /** Luma residual of content that did not change, 0–255: what the camera's noise and coding leave. */
  noise = 2;
  /** Expected loss of the newest frame's mask without an inference, in worth a cell. */
  loss = 0;
  /** Sum of `loss` over the frames since the last inference. */
  regret = 0;
  private spoiled: Float32Array;
  private moved: Float32Array;
  /** What was spoiled when the network was last asked. */
  private readonly asked: Float32Array;
  private readonly worth: Worth;

  constructor(private readonly grid: Size) {
    const cells = grid.width * grid.height;
    this.spoiled = new Float32Array(cells);
    this.moved = new Float32Array(cells);
    this.asked = new Float32Array(cells);
    this.worth = new Worth(grid);
  }

  /** A frame came: `step` leads from it to the frame before, `residual` (0–255 a cell) is what that doesn't explain. */
  advance(step: Field, residual: Float32Array): void {
    const { width, height } = this.grid;
    this.noise += NOISE_RATE * (median(residual) - this.noise);
    const known = NOISE_MARGIN * this.noise;
    for (let y = 0, i = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 1) {
        const column = Math.round(x + (step.dx[i] as number));
        const row = Math.round(y + (step.dy[i] as number));
        const inside = column >= 0 && column < width && row >= 0 && row < height;
        const before = inside ? (this.spoiled[row * width + column] as number) : 1;
        const excess = Math.max(0, (residual[i] as number) - known) / FOREIGN;
        const square = excess * excess;
        this.moved[i] = Math.min(1, before + square / (1 + square));
      }
    }
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
}

/** Residual beyond noise at which a cell is half spoiled. */
const FOREIGN = 24;
/** Residuals of unchanged content reach about twice their median. */
const NOISE_MARGIN = 2;
const NOISE_RATE = 0.1;

const BINS = new Uint32Array(256);

/** To a whole grey level. */
function median(residual: Float32Array): number {
  BINS.fill(0);
  for (let i = 0; i < residual.length; i += 1) {
    const bin = Math.min(255, (residual[i] as number) | 0);
    BINS[bin] = (BINS[bin] as number) + 1;
  }
  let seen = 0;
  for (let bin = 0; bin < 256; bin += 1) {
    seen += BINS[bin] as number;
    if (2 * seen >= residual.length) return bin;
  }
  return 255;
}
