import { beforeEach } from 'vitest';
import type { PaintedFrame } from '../../src/viewer/state/debug.js';
import { openDemo, page, useDemoPages } from './demo-page.js';
import { DemoStreams } from './demo-server.js';
import { FakeJobs, type FakeRecording, fakeJob } from './fakes/fake-jobs.js';
import { BARCODE_BITS } from './media/barcode.js';
import { numberedScene } from './media/demo-scene.js';

/** The player of a finished recording, whose pictures and masks both show their number. */

/** Of the recordings, where a test says nothing else. */
export const FRAMES = 600;
export const FPS = 25;

export let jobs: FakeJobs;

export function usePlayer(): void {
  useDemoPages();
  beforeEach(() => {
    jobs = new FakeJobs();
  });
}

/** @param script runs in the page before its own */
export async function openPlayer(
  recording: FakeRecording,
  options: Parameters<typeof fakeJob>[0] = { id: 'bars' },
  script = () => {},
): Promise<void> {
  jobs.put(
    fakeJob({
      state: 'done',
      video: { width: 320, height: 192, codec: 'h264', duration: FRAMES / FPS, frames: FRAMES },
      progress: { frames: FRAMES, expected: FRAMES },
      ...options,
    }),
  );
  jobs.recordings.set(options.id, recording);
  // Picture left, picture with opaque mask right: both numbers can be read from what is painted.
  const opaque = () => localStorage.setItem('maskcast', JSON.stringify({ opacity: 1, outline: false, hidden: {} }));
  await openDemo({
    ...{ streams: new DemoStreams([], numberedScene()), jobs, at: `#/recordings/${options.id}` },
    ...{ context: { viewport: { width: 900, height: 800 } }, scripts: [opaque, script] },
  });
}

export interface Reading {
  /** The number that the player thinks it paints. */
  readonly number: number;
  readonly picture: number;
  /** −1 where there is no mask. */
  readonly mask: number;
}

/**
 * From now on, reads every painted frame in the very task that paints it. The right pane's mask colours 1s in the vehicle's blue; a
 * background column keeps the picture, which is black where a mask of the same number has no class.
 */
export async function watchPaints(): Promise<void> {
  await page.getByRole('radio', { name: 'Side by side' }).check({ force: true });
  await page.waitForFunction(() => document.querySelector('.stage[data-mode=side] canvas[data-frame]'));
  await page.evaluate((bits) => {
    const scope = window as unknown as { readings: Reading[] };
    // A radio button with the focus takes the arrow keys.
    (document.activeElement as HTMLElement | null)?.blur();
    const hook = window.maskcast;
    const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-frame]');
    const context = canvas?.getContext('2d');
    if (!hook || !canvas || !context) throw new Error('the page paints nothing');
    scope.readings = [];
    hook.onPaint = ({ number }: PaintedFrame) => {
      const { data } = context.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1);
      const half = canvas.width / 2;
      const at = (x: number) => {
        const i = Math.floor(x) * 4;
        return [data[i], data[i + 1], data[i + 2]] as [number, number, number];
      };
      let picture = 0;
      let mask = 0;
      let masked = false;
      for (let bit = 0; bit < bits; bit++) {
        const x = ((bit + 0.5) / bits) * half;
        if (at(x)[1] > 127) picture += 2 ** bit;
        const [red, green, blue] = at(half + x);
        const isBlue = blue > 100 && red < 70 && green < 70;
        if (isBlue) mask += 2 ** bit;
        masked ||= isBlue;
      }
      scope.readings.push({ number, picture, mask: masked || picture === 0 ? mask : -1 });
    };
  }, BARCODE_BITS);
}

export const readings = (): Promise<Reading[]> =>
  page.evaluate(() => (window as unknown as { readings: Reading[] }).readings.splice(0));

export const count = (): Promise<number> =>
  page.evaluate(() => (window as unknown as { readings: Reading[] }).readings.length);

export const frameOnScreen = (number: number) =>
  page.waitForFunction((wanted) => document.querySelector(`canvas[data-frame="${wanted}"]`), number);

/** Resolves when frame `number` or a later one has been painted since `watchPaints`. */
export const painted = (number: number) =>
  page.waitForFunction(
    (wanted) => (window as unknown as { readings: Reading[] }).readings.some((each) => each.number >= wanted),
    number,
  );

/** No mask comes from now on, until the function that is returned is called. */
export function holdMasks(): () => void {
  let release = () => {};
  jobs.maskGate = new Promise((resolve) => {
    release = resolve;
  });
  return release;
}

/** Clicks the timeline at a part of its length. */
export async function clickTimeline(part: number): Promise<void> {
  const box = await page.getByRole('slider', { name: /Position in the recording/ }).boundingBox();
  if (!box) throw new Error('there is no timeline');
  await page.mouse.click(box.x + box.width * part, box.y + box.height / 2);
}

export const wrong = (all: readonly Reading[]) =>
  all.filter(({ number, picture, mask }) => picture !== number || mask !== number);
