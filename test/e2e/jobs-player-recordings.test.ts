import { describe, expect, it } from 'vitest';
import type { JobTimes } from '../../src/delivery/http/jobs-schema.js';
import { page } from '../support/demo-page.js';
import { type FakeRecording, fakeJob } from '../support/fakes/fake-jobs.js';
import { barcodeRecording } from '../support/fakes/fake-recordings.js';
import { type BarcodeVariant, barcodeVariant } from '../support/media/barcode.js';
import { clip } from '../support/media/clips.js';
import {
  clickTimeline,
  FPS,
  FRAMES,
  frameOnScreen,
  openPlayer,
  type Reading,
  readings,
  usePlayer,
  watchPaints,
  wrong,
} from '../support/player.js';

/** The player of recordings of all kinds: which mask belongs to which picture, and what is played where masks can't be. */
usePlayer();

type JobTimesBegin = Pick<JobTimes, 'start' | 'first'>;

describe('the player', () => {
  it('counts from the first frame of a recording that begins late', async () => {
    const numbers = Array.from({ length: 25 }, (_, i) => i);
    const { source: _, ...recording } = await barcodeRecording(FRAMES, FPS);
    const source = await clip('starts_at_10s');
    await openPlayer({
      ...recording,
      source,
      times: { numbers, seconds: numbers.map((number) => number / 25), start: 10, first: 0 },
    });
    for (const number of [0, 1, 2, 3]) {
      await frameOnScreen(number);
      await page.keyboard.press('.');
    }
    await page.locator('.player-clock').getByText('/ 0:01.0', { exact: false }).waitFor();
  });

  it.each<[string, BarcodeVariant, number, JobTimesBegin]>([
    ['MP4, 1.4 s', { container: 'mp4', picture: 1.4 }, 0, { start: 1.4, first: 0 }],
    ['MP4 with sound from 1 s', { container: 'mp4', picture: 1.3, sound: 1 }, 0, { start: 1, first: 0.3 }],
    ['WebM, 0.3 s', { container: 'webm', picture: 0.3 }, 0, { start: 0.3, first: 0 }],
    ['MP4, the job from its second second on', { container: 'mp4', picture: 0.3 }, 10, { start: 0.3, first: 0 }],
  ])('shows masks of the very pictures of a recording that begins late: %s', async (_, variant, skipped, begin) => {
    const source = await barcodeVariant(40, 10, variant);
    const all = await barcodeRecording(40, 10);
    const numbers = Array.from({ length: 40 - skipped }, (_, i) => i);
    const seconds = numbers.map((number) => begin.first + (number + skipped) / 10);
    const mask: FakeRecording['mask'] = (number) => all.mask(number + skipped);
    await openPlayer({ ...all, source, mask, times: { ...begin, numbers, seconds } });
    // What is painted under a number is the picture and the mask that many later.
    const unlike = (found: readonly Reading[]) =>
      found.filter(
        ({ number, picture, mask: read }) => number >= 0 && (picture !== number + skipped || read !== picture),
      );
    await page.locator('canvas[data-frame]').waitFor();
    await watchPaints();
    await page.getByRole('slider', { name: /Position/ }).focus();
    await page.keyboard.press('End');
    await frameOnScreen(39 - skipped);
    await clickTimeline((begin.first + 2.02) / (begin.first + 4));
    await frameOnScreen(20 - skipped);
    for (const by of [1, 2]) {
      await page.keyboard.press('.');
      await frameOnScreen(20 - skipped + by);
    }
    await page.keyboard.press(' ');
    await frameOnScreen(39 - skipped);
    const read = await readings();
    expect(read.length).toBeGreaterThan(8);
    expect(unlike(read)).toEqual([]);
  });

  it('knows length, shares and places of a recording whose header has no length', async () => {
    const source = await barcodeVariant(60, 10, { container: 'webm', picture: 0, live: true });
    const { duration: _, ...video } = fakeJob({ id: 'x' }).video ?? { width: 320, height: 192, codec: 'vp8' };
    await openPlayer({ ...(await barcodeRecording(60, 10)), source }, { id: 'bars', video });
    await page.locator('.player-clock').getByText('/ 0:06.0', { exact: false }).waitFor();
    await watchPaints();
    await clickTimeline(0.755);
    await frameOnScreen(45);
    await clickTimeline(0.255);
    await frameOnScreen(15);
    expect(wrong(await readings())).toEqual([]);
  });

  it('shows only frames that have masks where the recording was sampled', async () => {
    await openPlayer(await barcodeRecording(FRAMES, FPS, 10));
    await watchPaints();
    await clickTimeline(0.5);
    await frameOnScreen(300);
    await page.keyboard.press('.');
    await frameOnScreen(310);
    await page.keyboard.press(' ');
    await page.waitForFunction(() => document.querySelector('canvas[data-frame="370"]'));
    await page.keyboard.press(' ');
    const all = await readings();
    expect(wrong(all)).toEqual([]);
    expect(all.every(({ number }) => number % 10 === 0)).toBe(true);
  });

  it('shows the first frame and the one that was asked for although the browser says nothing of them', async () => {
    await openPlayer(await barcodeRecording(FRAMES, FPS), { id: 'bars' }, () => {
      HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
    });
    await frameOnScreen(0);
    await watchPaints();
    await clickTimeline(0.5);
    await frameOnScreen(300);
    expect(wrong(await readings())).toEqual([]);
  });

  it('plays the overlay video where there are no mask pictures, and says why', async () => {
    const recording = await barcodeRecording(FRAMES, FPS);
    const files = { 'overlay.mp4': recording.source };
    const { options } = fakeJob({ id: 'x' });
    await openPlayer(
      { ...recording, files },
      {
        id: 'bars',
        options: { ...options, outputs: ['overlay', 'table'] },
        files: [{ path: 'overlay.mp4', bytes: 99_000, kind: 'file', contentType: 'video/mp4' }],
      },
    );
    await page.getByText('Mask pictures were not among the results asked for.').waitFor();
    await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>('.plain-video')?.readyState ?? 0) > 0);
    await clickTimeline(0.5);
    await page.waitForFunction(() => {
      const time = document.querySelector<HTMLVideoElement>('.plain-video')?.currentTime ?? 0;
      return Math.abs(time - 12) < 0.2;
    });
  });

  it('plays the overlay video where the browser cannot play the recording', async () => {
    const recording = await barcodeRecording(FRAMES, FPS);
    await openPlayer(
      { ...recording, source: await clip('text'), files: { 'overlay.mp4': recording.source } },
      { id: 'bars', files: [{ path: 'overlay.mp4', bytes: 99_000, kind: 'file', contentType: 'video/mp4' }] },
    );
    await page.getByText('This browser cannot play the recording (H.264).').waitFor();
    await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>('.plain-video')?.readyState ?? 0) > 0);
  });
});
