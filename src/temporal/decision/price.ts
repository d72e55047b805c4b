import type { Size } from '../../core/geometry.js';

/**
 * What a run of the network costs, in units of loss (see Risk). All streams of a worker pay the same price: it rises while streams that
 * want a run find the pool busy and falls back when slots are free, so that the runs go to the streams that gain most.
 */
export class Price {
  /** Chosen on CamVid val and the fixed-camera videos: docs/temporal.md shows the curve. */
  static readonly BASE = 0.068;
  private factor = 1;

  /** Of one run over a picture of this grid: it grows with the network's work. */
  of({ width, height }: Size): number {
    return (Price.BASE * this.factor * width * height) / REFERENCE_CELLS;
  }

  /** A stream would run the network at this price, and the pool is busy with others. */
  crowded(): void {
    this.factor = Math.min(HIGHEST, this.factor * UP);
  }

  /** A stream found a free slot. */
  free(): void {
    this.factor = Math.max(1, this.factor * DOWN);
  }
}

/** Of a plane of 512×288. */
const REFERENCE_CELLS = 128 * 72;
/** Runs then are a quarter of what they are at the base price: interval grows with the root of the price. */
const HIGHEST = 16;
const UP = 1.1;
const DOWN = 0.98;
