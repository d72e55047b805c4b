import type { MaskOrigin } from '../core/mask.js';

/** One frame in the table. */
export interface TableRow {
  readonly frame: number;
  /** In ticks of the source's time base. */
  readonly pts: number;
  /** The same on the source's own timeline, in seconds. */
  readonly seconds: number;
  readonly origin: MaskOrigin;
  /** Frames since the network last saw pixels of this mask. */
  readonly age: number;
  /** Mean probability of the labels over all mask pixels, 0–1. */
  readonly confidence: number;
  /** By class name: pixels at the source's size, and their share of the picture. */
  readonly classes: Readonly<Record<string, { readonly pixels: number; readonly share: number }>>;
}
