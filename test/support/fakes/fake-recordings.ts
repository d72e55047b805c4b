import type { JobTimeline, JobTimes } from '../../../src/delivery/http/jobs-schema.js';
import { encodePalettePng } from '../../../src/record/export/mask-png.js';
import { BARCODE_SIZE, barcodeClip, CELL_WIDTH } from '../media/barcode.js';
import type { FakeRecording } from './fake-jobs.js';
import { FAKE_MODEL } from './fake-streams.js';

/** The class that stands for a 1 in a mask's barcode; 0 is the background. */
const BARCODE_CLASS = 2;

/**
 * A recording whose pictures carry their number as a barcode, and whose masks carry it as well, in the same columns,
 * as a class: a picture and a mask agree only if they belong together.
 * @param sampled only every n-th frame has a mask
 */
export async function barcodeRecording(frames: number, fps: number, sampled = 1): Promise<FakeRecording> {
  const numbers = Array.from({ length: Math.ceil(frames / sampled) }, (_, i) => i * sampled);
  const times: JobTimes = { numbers, seconds: numbers.map((number) => number / fps), start: 0, first: 0 };
  return {
    source: await barcodeClip(frames, fps),
    times,
    timeline: waves(times),
    mask(number) {
      const { width, height } = BARCODE_SIZE;
      const row = Uint8Array.from({ length: width }, (_, x) =>
        (number >> Math.floor(x / CELL_WIDTH)) & 1 ? BARCODE_CLASS : 0,
      );
      const labels = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) labels.set(row, y * width);
      return encodePalettePng(labels, { width, height }, { colors: FAKE_MODEL.classes.map(({ color }) => color) });
    },
  };
}

/** Shares that come and go, so that there is something to see. */
function waves({ seconds, numbers }: JobTimes): JobTimeline {
  const person = seconds.map((time) => 0.1 + 0.08 * Math.sin(time));
  const vehicle = seconds.map((time) => 0.3 + 0.2 * Math.cos(time / 2));
  return {
    seconds: [...seconds],
    frame: [...numbers],
    shares: [
      { class: 'other', values: person.map((share, i) => 1 - share - (vehicle[i] as number)) },
      { class: 'person', values: person },
      { class: 'vehicle', values: vehicle },
    ],
    inferred: numbers.map((number) => number % 3 === 0),
  };
}
