import type { Frame } from '../core/frame.js';

/**
 * The frame numbers of one stream. Each of its sources counts from 0; viewers stay across any restart, and drop what isn't newer
 * than what they have. So the count belongs to the stream: it never repeats and never goes back while the stream exists.
 */
export class FrameNumbers {
  private next = 0;

  /** The frames of another source, numbered on from the last one's. */
  async *goOn(frames: AsyncIterable<Frame>): AsyncGenerator<Frame, void, undefined> {
    const first = this.next;
    for await (const frame of frames) {
      const number = first + frame.number;
      // The larger: a source that is being closed may still give a frame when its successor has begun.
      this.next = Math.max(this.next, number + 1);
      yield { ...frame, number };
    }
  }
}
