import { describe, expect, it } from 'vitest';
import { page } from '../support/demo-page.js';
import { fakeJob } from '../support/fakes/fake-jobs.js';
import { barcodeRecording } from '../support/fakes/fake-recordings.js';
import { clip } from '../support/media/clips.js';
import {
  clickTimeline,
  count,
  FPS,
  FRAMES,
  frameOnScreen,
  holdMasks,
  jobs,
  openPlayer,
  painted,
  type Reading,
  readings,
  usePlayer,
  watchPaints,
  wrong,
} from '../support/player.js';

/** The player of a finished recording: picture and mask of one number, whatever one does to the playhead. */
usePlayer();

describe('the player', () => {
  it('paints picture and mask of one number after every seek and in every frame while it plays', async () => {
    await openPlayer(await barcodeRecording(FRAMES, FPS));
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
    await openPlayer(await barcodeRecording(FRAMES, FPS));
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
    await openPlayer(await barcodeRecording(FRAMES, FPS));
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

  it('plays on while other jobs go on', async () => {
    await openPlayer(await barcodeRecording(FRAMES, FPS));
    await watchPaints();
    await page.keyboard.press(' ');
    await painted(10);
    jobs.put(fakeJob({ id: 'other', name: 'Another', state: 'running' }));
    await painted(60);
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(wrong(await readings())).toEqual([]);
  });

  it('keeps the picture waiting while its mask is on its way, and goes on when it has come', async () => {
    await openPlayer(await barcodeRecording(FRAMES, FPS));
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
    await openPlayer(await barcodeRecording(FRAMES, FPS));
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
    await openPlayer(await barcodeRecording(FRAMES, FPS));
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

  it('hides and shows classes in picture and timeline alike', async () => {
    await openPlayer(await barcodeRecording(FRAMES, FPS));
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
    await openPlayer(recording);
    await watchPaints();
    await page.getByText('Class shares are part of the table, which this job did not make').waitFor();
    await clickTimeline(0.5);
    await frameOnScreen(300);
    expect(wrong(await readings())).toEqual([]);
  });
});

describe('the results', () => {
  it('are listed with their sizes, can be saved, and the summary opens beside', async () => {
    await openPlayer(
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
