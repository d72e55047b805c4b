import type { Size } from '../core/geometry.js';
import type { Field } from './field.js';

/**
 * In: the motion and residual of each frame. Out: the share of the mask that moving it along has probably spoiled since the
 * last inference. A cell is spoiled where its content did not come from where the motion says.
 */
export class Risk {
  /** Luma residual of content that did not change, 0–255: what the camera's noise and coding leave. */
  noise = 2;
  expectedLoss = 0;
  /** What a frame usually adds to the expected loss, 0–1: running mean over `GROWTH_FRAMES` before the last one. */
  usualGrowth = 0;
  private growth = 0;
  private frames = 0;
  private spoiled: Float32Array;
  private moved: Float32Array;

  constructor(private readonly grid: Size) {
    this.spoiled = new Float32Array(grid.width * grid.height);
    this.moved = new Float32Array(grid.width * grid.height);
  }

  advance(step: Field, residual: Float32Array): void {
    const { width, height } = this.grid;
    this.noise += NOISE_RATE * (median(residual) - this.noise);
    let sum = 0;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const i = y * width + x;
        const column = Math.round(x + (step.dx[i] as number));
        const row = Math.round(y + (step.dy[i] as number));
        const inside = column >= 0 && column < width && row >= 0 && row < height;
        const before = inside ? (this.spoiled[row * width + column] as number) : 1;
        const excess = Math.max(0, (residual[i] as number) - 2 * this.noise) / RISK_SCALE;
        const now = Math.min(1, before + (excess * excess) / (1 + excess * excess));
        this.moved[i] = now;
        sum += now;
      }
    }
    [this.spoiled, this.moved] = [this.moved, this.spoiled];
    const loss = sum / this.spoiled.length;
    this.usualGrowth = this.growth;
    this.frames = Math.min(this.frames + 1, GROWTH_FRAMES);
    this.growth += (loss - this.expectedLoss - this.growth) / this.frames;
    this.expectedLoss = loss;
  }

  clear(): void {
    this.spoiled.fill(0);
    this.expectedLoss = 0;
  }
}

const RISK_SCALE = 24;
const GROWTH_FRAMES = 45;
const NOISE_RATE = 0.1;

const BINS = new Uint32Array(256);

/** To a whole grey level. */
function median(residual: Float32Array): number {
  BINS.fill(0);
  for (const value of residual) {
    const bin = Math.min(255, value | 0);
    BINS[bin] = (BINS[bin] as number) + 1;
  }
  let seen = 0;
  for (let bin = 0; bin < 256; bin += 1) {
    seen += BINS[bin] as number;
    if (2 * seen >= residual.length) return bin;
  }
  return 255;
}
