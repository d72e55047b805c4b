import type { Frame } from '../../../src/core/frame.js';
import type { Size } from '../../../src/core/geometry.js';
import { epochMs } from '../../../src/core/time.js';

export type Color = readonly [red: number, green: number, blue: number];

/** A frame whose pixels come from a function, together with the number of readers that hold them. */
export interface TestFrame extends Frame {
  /** Readers now; the frame starts with one. */
  readonly readers: () => number;
}

export interface TestFrameOptions {
  readonly number?: number;
  readonly analysis: Size;
  /** The whole plane where absent. */
  readonly content?: Size;
  /** Colour of each pixel of the content; padding is black. */
  readonly color?: (x: number, y: number) => Color;
}

export function testFrame({
  number = 0,
  analysis,
  content = analysis,
  color = () => [0, 0, 0],
}: TestFrameOptions): TestFrame {
  const data = new Uint8Array(new SharedArrayBuffer(analysis.width * analysis.height * 3));
  for (let y = 0; y < content.height; y += 1) {
    for (let x = 0; x < content.width; x += 1) data.set(color(x, y), (y * analysis.width + x) * 3);
  }
  let readers = 1;
  return {
    number,
    pts: { ticks: number, timeBase: { num: 1, den: 25 } },
    capturedAt: epochMs(number * 40),
    discontinuity: number === 0,
    geometry: { source: content, picture: content, analysis, content },
    jpeg: undefined,
    pixels: {
      data,
      retain: () => {
        readers += 1;
      },
      release: () => {
        readers -= 1;
        if (readers < 0) throw new Error(`frame ${number} was released once too often`);
      },
    },
    readers: () => readers,
  };
}
