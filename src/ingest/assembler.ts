import type { PixelLease } from '../core/frame.js';
import type { FrameTiming } from './timing.js';

/** What one ffmpeg process says of one frame. */
export interface DecodedFrame {
  /** Counts this process's frames from 0. */
  readonly index: number;
  readonly timing: FrameTiming;
  readonly jpeg: Uint8Array | undefined;
  readonly pixels: PixelLease;
}

/**
 * Joins ffmpeg's outputs: the n-th picture, the n-th plane and the n-th timing are of one frame.
 *
 * In: each output's items in its own order, at any pace against the others. Out: whole frames in order. Always holds: no
 * part ever meets a part of another index; a plane that comes out of nothing whole is released.
 */
export class FrameAssembler {
  private readonly pictures: Uint8Array[] = [];
  private readonly planes: (PixelLease | undefined)[] = [];
  private readonly timings: FrameTiming[] = [];
  private index = 0;
  private skippedFrames = 0;

  constructor(
    private readonly withPictures: boolean,
    private readonly emit: (frame: DecodedFrame) => void,
  ) {}

  /** Frames whose pixels were skipped because no plane was free. */
  get skipped(): number {
    return this.skippedFrames;
  }

  /** Frames that came out or were skipped. */
  get count(): number {
    return this.index;
  }

  picture(jpeg: Uint8Array): void {
    this.pictures.push(jpeg);
    this.join();
  }

  plane(pixels: PixelLease | undefined): void {
    this.planes.push(pixels);
    this.join();
  }

  timing(timing: FrameTiming): void {
    this.timings.push(timing);
    this.join();
  }

  /** Drops what never became whole; returns how many frames that were. */
  close(): number {
    for (const plane of this.planes) plane?.release();
    const incomplete = Math.max(this.pictures.length, this.planes.length, this.timings.length);
    this.pictures.length = 0;
    this.planes.length = 0;
    this.timings.length = 0;
    return incomplete;
  }

  private join(): void {
    while (this.planes.length > 0 && this.timings.length > 0 && (!this.withPictures || this.pictures.length > 0)) {
      const pixels = this.planes.shift();
      const timing = this.timings.shift() as FrameTiming;
      const jpeg = this.withPictures ? this.pictures.shift() : undefined;
      const index = this.index++;
      if (pixels) this.emit({ index, timing, jpeg, pixels });
      else this.skippedFrames += 1;
    }
  }
}
