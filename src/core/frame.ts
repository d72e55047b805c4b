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

/** Where the clock of a recording stands at a frame. All in ticks of the frame's time base but `laps` and `twins`. */
export interface SourceClock {
  /** On a clock that always rises: the frame's pts. */
  readonly ticks: number;
  /** What the source itself says, whose clock may stand still or jump back. */
  readonly own: number;
  /** `own` and what its laps add: never falls. */
  readonly unfolded: number;
  /** From `unfolded` to `ticks`, and what it was before the clock jumped. */
  readonly shift: number;
  readonly home: number;
  /** The last distance of two frames that was one of the recorder's. */
  readonly step: number;
  /** Times that the clock has jumped back. */
  readonly laps: number;
  /** Frames right before this one that have the same time. */
  readonly twins: number;
}

/** One decoded frame. Its picture and the mask made from its pixels travel together under `number` from here on. */
export interface Frame {
  /** Counts the frames of a stream from 0, dropped ones included; goes on across reconnects and never repeats. */
  readonly number: number;
  /** When the frame is to be shown, on the source's own timeline, or on one that goes on where that jumps back. */
  readonly pts: Timestamp;
  /** Of a recording. */
  readonly clock?: SourceClock;
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
