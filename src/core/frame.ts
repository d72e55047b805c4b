import type { FrameGeometry } from './geometry.js';
import type { EpochMilliseconds, Timestamp } from './time.js';

/**
 * Pixels in memory that all threads share, lent from a pool. Whoever holds the lease may read `data`; after `release()`
 * the pool may overwrite it. Every lease is released exactly once by its last reader; `retain()` adds a reader.
 */
export interface PixelLease {
  /** RGB24, row-major, no row padding: `analysis.width · analysis.height · 3` bytes over a SharedArrayBuffer. */
  readonly data: Uint8Array<SharedArrayBuffer>;
  retain(): void;
  release(): void;
}

/** One decoded frame. Its picture and the mask made from its pixels travel together under `number` from here on. */
export interface Frame {
  /** Counts the frames of a stream from 0, dropped ones included; goes on across reconnects and never repeats. */
  readonly number: number;
  /** When the frame is to be shown, on the source's own timeline. */
  readonly pts: Timestamp;
  /** When the frame reached this process. */
  readonly capturedAt: EpochMilliseconds;
  /** True for the first frame after a start, reconnect, loop, seek, gap or size change: nothing carries over. */
  readonly discontinuity: boolean;
  readonly geometry: FrameGeometry;
  /** What viewers see: a baseline JPEG of `geometry.picture`. Absent where nobody asked for pictures (file jobs). */
  readonly jpeg: Uint8Array | undefined;
  /** What the network sees: see PixelLease. */
  readonly pixels: PixelLease;
}
