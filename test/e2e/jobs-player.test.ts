import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobTimes } from '../../src/delivery/http/jobs-schema.js';
import type { PaintedFrame } from '../../src/viewer/state/debug.js';
import { launchBrowser } from '../support/browser.js';
import { type DemoServer, DemoStreams, startDemo } from '../support/demo-server.js';
import { FakeJobs, type FakeRecording, fakeJob } from '../support/fakes/fake-jobs.js';
import { barcodeRecording } from '../support/fakes/fake-recordings.js';
import { BARCODE_BITS, type BarcodeVariant, barcodeVariant } from '../support/media/barcode.js';
import { clip } from '../support/media/clips.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** The player of a finished recording: picture and mask of one number, whatever one does to the playhead. */
const FRAMES = 600;
const FPS = 25;

let browser: Browser;
let page: Page;
let demo: DemoServer;
let jobs: FakeJobs;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(() => {
  jobs = new FakeJobs();
});
afterEach(async () => {
  await page.context().close();
  await demo.close();
});

/** @param script runs in the page before its own */
async function open(
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
  demo = await startDemo(new DemoStreams([], numberedScene()), {}, jobs);
  page = await (await browser.newContext({ viewport: { width: 900, height: 800 } })).newPage();
  // Picture left, picture with opaque mask right: both numbers can be read from what is painted.
  await page.addInitScript(() => {
    localStorage.setItem('maskcast', JSON.stringify({ opacity: 1, outline: false, hidden: {} }));
  });
  await page.addInitScript(script);
  await page.goto(`${demo.url}/#/recordings/${options.id}`);
}

type JobTimesBegin = Pick<JobTimes, 'start' | 'first'>;

interface Reading {
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
async function watchPaints(): Promise<void> {
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

const readings = (): Promise<Reading[]> =>
  page.evaluate(() => (window as unknown as { readings: Reading[] }).readings.splice(0));

const count = (): Promise<number> =>
  page.evaluate(() => (window as unknown as { readings: Reading[] }).readings.length);

const frameOnScreen = (number: number) =>
  page.waitForFunction((wanted) => document.querySelector(`canvas[data-frame="${wanted}"]`), number);

/** Resolves when frame `number` or a later one has been painted since `watchPaints`. */
const painted = (number: number) =>
  page.waitForFunction(
    (wanted) => (window as unknown as { readings: Reading[] }).readings.some((each) => each.number >= wanted),
    number,
  );

/** No mask comes from now on, until the function that is returned is called. */
function holdMasks(): () => void {
  let release = () => {};
  jobs.maskGate = new Promise((resolve) => {
    release = resolve;
  });
  return release;
}

/** Clicks the timeline at a part of its length. */
async function clickTimeline(part: number): Promise<void> {
  const box = await page.getByRole('slider', { name: /Position in the recording/ }).boundingBox();
  if (!box) throw new Error('there is no timeline');
  await page.mouse.click(box.x + box.width * part, box.y + box.height / 2);
}

const wrong = (all: readonly Reading[]) =>
  all.filter(({ number, picture, mask }) => picture !== number || mask !== number);

describe('the player', () => {
  it('paints picture and mask of one number after every seek and in every frame while it plays', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await watchPaints();
    for (const part of [0.5, 0.1, 0.83, 0.82, 0.333, 0.999, 0.02]) {
      await clickTimeline(part);
      // Somewhere near, as exactly as a click on a line of 800 pixels can be.
      await page.waitForFunction(
        (wanted) => {
          const painted = (window as unknown as { readings: Reading[] }).readings.at(-1)?.number ?? -99;
          return Math.abs(painted - wanted) <= 2;
        },
        Math.min(FRAMES - 1, part * FRAMES),
      );
    }
    const seeks = await readings();
    expect(wrong(seeks)).toEqual([]);

    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForFunction(() => (window as unknown as { readings: unknown[] }).readings.length > 80);
    for (const part of [0.7, 0.3]) {
      await clickTimeline(part);
      await page.waitForFunction(
        (before) => (window as unknown as { readings: Reading[] }).readings.length > before + 10,
        await count(),
      );
    }
    await page.waitForFunction(() => (window as unknown as { readings: unknown[] }).readings.length > 120);
    await page.getByRole('button', { name: 'Pause' }).click();
    const played = await readings();
    expect(wrong(played)).toEqual([]);
    expect(new Set(played.map(({ number }) => number)).size).toBeGreaterThan(80);
  }, 90_000);

  it('steps frame by frame by key, and knows both ends', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await watchPaints();
    await frameOnScreen(0);
    for (const number of [1, 2, 3]) {
      await page.keyboard.press('.');
      await frameOnScreen(number);
    }
    await page.keyboard.press(',');
    await frameOnScreen(2);
    await page.keyboard.press('ArrowRight');
    await frameOnScreen(2 + 5 * FPS);
    await page.getByRole('slider', { name: /Position/ }).focus();
    await page.keyboard.press('End');
    await frameOnScreen(FRAMES - 1);
    await page.keyboard.press('Home');
    await frameOnScreen(0);
    expect(wrong(await readings())).toEqual([]);
    await page.getByText('frame 0', { exact: false }).first().waitFor();
  }, 90_000);

  it('steps as many frames as keys were pressed, however fast', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await watchPaints();
    await frameOnScreen(0);
    // In one task, so that no picture comes in between.
    const press = (key: string, times: number) =>
      page.evaluate(
        ([name, count]) => {
          for (let i = 0; i < count; i++) {
            document.body.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
          }
        },
        [key, times] as const,
      );
    await press('.', 12);
    await frameOnScreen(12);
    await press(',', 7);
    await frameOnScreen(5);
    expect(wrong(await readings())).toEqual([]);
  });

  it('counts from the first frame of a recording that begins late', async () => {
    const numbers = Array.from({ length: 25 }, (_, i) => i);
    const { source: _, ...recording } = await barcodeRecording(FRAMES, FPS);
    const source = await clip('starts_at_10s');
    await open({
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
    await open({ ...all, source, mask, times: { ...begin, numbers, seconds } });
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
    await open({ ...(await barcodeRecording(60, 10)), source }, { id: 'bars', video });
    await page.locator('.player-clock').getByText('/ 0:06.0', { exact: false }).waitFor();
    await watchPaints();
    await clickTimeline(0.755);
    await frameOnScreen(45);
    await clickTimeline(0.255);
    await frameOnScreen(15);
    expect(wrong(await readings())).toEqual([]);
  });

  it('plays on while other jobs go on', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await watchPaints();
    await page.keyboard.press(' ');
    await painted(10);
    jobs.put(fakeJob({ id: 'other', name: 'Another', state: 'running' }));
    await painted(60);
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(wrong(await readings())).toEqual([]);
  });

  it('keeps the picture waiting while its mask is on its way, and goes on when it has come', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await frameOnScreen(0);
    await watchPaints();
    const release = holdMasks();
    await clickTimeline(0.6);
    await page.getByText('Masks are on their way').waitFor();
    expect(await page.locator('canvas[data-frame="0"]').count()).toBe(1);
    release();
    await page.waitForFunction(() => !document.querySelector('canvas[data-frame="0"]'));
    const all = await readings();
    expect(all.length).toBeGreaterThan(0);
    expect(wrong(all)).toEqual([]);
  });

  it('plays on when masks come that held it back before it had begun', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await frameOnScreen(0);
    await watchPaints();
    const release = holdMasks();
    await page.evaluate(() => {
      // A browser that is slow to begin: it still has not when the picture waits for its mask.
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        HTMLMediaElement.prototype.play = play;
        return new Promise((_, reject) => {
          this.addEventListener('seeked', () => reject(new DOMException('interrupted by pause()', 'AbortError')));
          void play.call(this).catch(() => {});
        });
      };
    });
    await clickTimeline(0.5);
    await page.keyboard.press(' ');
    await page.getByText('Masks are on their way').waitFor();
    release();
    await page.waitForFunction(() =>
      (window as unknown as { readings: Reading[] }).readings.some(({ number }) => number > 320),
    );
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(wrong(await readings())).toEqual([]);
  });

  it('waits for nothing while masks are off', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await frameOnScreen(0);
    await watchPaints();
    jobs.maskGate = new Promise(() => {});
    await page.getByRole('button', { name: 'Mask', exact: true }).click();
    await clickTimeline(0.5);
    await page.waitForFunction(() =>
      (window as unknown as { readings: Reading[] }).readings.some((r) => r.number > 200),
    );
    const last = (await readings()).at(-1);
    expect(last?.picture).toBe(last?.number);
    expect(last?.mask).toBe(-1);
  });

  it('shows only frames that have masks where the recording was sampled', async () => {
    await open(await barcodeRecording(FRAMES, FPS, 10));
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
    await open(await barcodeRecording(FRAMES, FPS), { id: 'bars' }, () => {
      HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
    });
    await frameOnScreen(0);
    await watchPaints();
    await clickTimeline(0.5);
    await frameOnScreen(300);
    expect(wrong(await readings())).toEqual([]);
  });

  it('hides and shows classes in picture and timeline alike', async () => {
    await open(await barcodeRecording(FRAMES, FPS));
    await watchPaints();
    await clickTimeline(0.5);
    await frameOnScreen(300);
    expect(await page.locator('.timeline-plot path').count()).toBeGreaterThanOrEqual(2);
    await page.getByRole('button', { name: 'Show vehicle' }).click();
    await page.locator('.timeline-scale').getByText('20%').waitFor();
    await page.keyboard.press('.');
    await frameOnScreen(301);
    expect((await readings()).at(-1)).toMatchObject({ picture: 301, mask: -1 });
  });

  it('can be wound without a table, and says where class shares come from', async () => {
    const { timeline: _, ...recording } = await barcodeRecording(FRAMES, FPS);
    await open(recording);
    await watchPaints();
    await page.getByText('Class shares are part of the table, which this job did not make').waitFor();
    await clickTimeline(0.5);
    await frameOnScreen(300);
    expect(wrong(await readings())).toEqual([]);
  });

  it('plays the overlay video where there are no mask pictures, and says why', async () => {
    const recording = await barcodeRecording(FRAMES, FPS);
    const files = { 'overlay.mp4': recording.source };
    const { options } = fakeJob({ id: 'x' });
    await open(
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
    await open(
      { ...recording, source: await clip('text'), files: { 'overlay.mp4': recording.source } },
      { id: 'bars', files: [{ path: 'overlay.mp4', bytes: 99_000, kind: 'file', contentType: 'video/mp4' }] },
    );
    await page.getByText('This browser cannot play the recording (H.264).').waitFor();
    await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>('.plain-video')?.readyState ?? 0) > 0);
  });
});

describe('the results', () => {
  it('are listed with their sizes, can be saved, and the summary opens beside', async () => {
    await open(
      { ...(await barcodeRecording(FRAMES, FPS)), files: { 'table.csv': await clip('text') } },
      {
        id: 'bars',
        files: [
          { path: 'masks', bytes: 1_234_000, kind: 'folder', contentType: 'application/zip' },
          { path: 'summary.html', bytes: 5000, kind: 'file', contentType: 'text/html; charset=utf-8' },
          { path: 'table.csv', bytes: 8, kind: 'file', contentType: 'text/csv' },
        ],
      },
    );
    await page.getByText('masks.zip').waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download table.csv' }).click();
    expect((await saving).suggestedFilename()).toBe('table.csv');
    const summary = page.getByRole('link', { name: /Open summary.html/ });
    expect(await summary.getAttribute('target')).toBe('_blank');
  });
});
