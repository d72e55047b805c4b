import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { canvasPixel, launchBrowser, nextPaint } from '../support/browser.js';
import { startServe } from '../support/serve.js';
import { writeLumaThresholdModel } from '../support/test-models.js';

/** The whole server over a clip whose content moves to the right, 4 pixels a frame; the page shows how its masks come about. */
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-motion-'));
  await writeLumaThresholdModel(join(folder, 'models', 'luma'), { stride: 4 });
  await promisify(execFile)('ffmpeg', [
    ...[
      '-loglevel',
      'error',
      '-f',
      'lavfi',
      '-i',
      'mandelbrot=s=320x192:r=10:end_scale=0.3:start_scale=0.3:maxiter=80',
    ],
    ...[
      '-vf',
      'loop=loop=-1:size=1,scroll=h=-0.0125',
      '-t',
      '8',
      '-c:v',
      'libx264',
      '-crf',
      '12',
      '-pix_fmt',
      'yuv420p',
    ],
    join(folder, 'drift.mp4'),
  ]);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

async function openStage(viewport = { width: 1280, height: 640 }): Promise<Page> {
  const models = ['--models-dir', join(folder, 'models'), '--model', 'luma'];
  const { url } = await startServe([...models, '--policy', 'interval=8', join(folder, 'drift.mp4')]);
  const page = await browser.newPage({ viewport });
  onTestFinished(() => page.close());
  await page.goto(`${url}#/streams/drift`);
  await nextPaint(page, -1);
  return page;
}

const arrows = (page: Page) =>
  page.evaluate(() => Number(document.querySelector<HTMLElement>('.motion')?.dataset.arrows ?? 0));

it('draws the motion of the very frame that is shown, while somebody asks, by button and by key', async () => {
  const page = await openStage();
  const button = page.getByRole('button', { name: 'Motion vectors' });
  expect(await page.locator('.motion').count()).toBe(0);
  await button.click();
  await expect.poll(() => arrows(page)).toBeGreaterThan(20);
  const apart = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const hook = window.maskcast;
        if (!hook) throw new Error('the page has no debug hook');
        let [painted, apart] = [0, 0];
        hook.onPaint = ({ number }) => {
          const overlay = document.querySelector<HTMLElement>('.motion');
          if (overlay?.dataset.frame !== '' && overlay?.dataset.frame !== String(number)) apart += 1;
          painted += 1;
          if (painted === 20) resolve(apart);
        };
      }),
  );
  expect(apart).toBe(0);
  const [overlay, picture] = await Promise.all(
    ['.motion', '.stage canvas[data-frame]:not(.motion)'].map((canvas) => page.locator(canvas).boundingBox()),
  );
  expect(overlay?.x).toBeCloseTo(picture?.x ?? -1, 0);
  expect(overlay?.y).toBeCloseTo(picture?.y ?? -1, 0);
  expect(overlay?.width).toBeCloseTo(picture?.width ?? -1, 0);
  await page.getByText(/moved over \d frames|seen by the network/).waitFor();
  await page.keyboard.press('v');
  await expect.poll(() => page.locator('.motion').count()).toBe(0);
  expect(await button.getAttribute('aria-pressed')).toBe('false');
});

it('shows beside the moved mask what holding the last one would show', async () => {
  const page = await openStage();
  await page.getByRole('slider', { name: 'Opacity' }).fill('100');
  await page.keyboard.press('b');
  await page.getByRole('button', { name: /Compare with the last result/ }).click();
  await page.getByText('Mask held').waitFor();
  // Both halves show a mask; between two results they drift apart.
  const differ = await page.evaluate(
    () =>
      new Promise<{ readonly moving: number; readonly onTime: number }>((resolve) => {
        const hook = window.maskcast;
        const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-frame]');
        const context = canvas?.getContext('2d');
        if (!hook || !canvas || !context) throw new Error('the page paints nothing');
        const shares: number[] = [];
        hook.onPaint = () => {
          const half = Math.floor(canvas.width / 2);
          const row = Math.floor(canvas.height / 2);
          const left = context.getImageData(0, row, half, 1).data;
          const right = context.getImageData(half, row, half, 1).data;
          let apart = 0;
          for (let at = 0; at < left.length; at += 4) if (Math.abs((left[at] ?? 0) - (right[at] ?? 0)) > 60) apart += 1;
          shares.push(apart / half);
          if (shares.length === 24) resolve({ moving: Math.max(...shares), onTime: Math.min(...shares) });
        };
      }),
  );
  expect(differ.onTime).toBe(0);
  expect(differ.moving).toBeGreaterThan(0.02);
  await page.keyboard.press('c');
  await page.getByText('Raw', { exact: true }).waitFor();
});

it('fits a phone, with every new control within reach of a finger', async () => {
  const page = await openStage({ width: 390, height: 844 });
  await page.keyboard.press('v');
  await page.keyboard.press('w');
  await page.getByRole('button', { name: /Compare with the last result/ }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  expect((await canvasPixel(page, 0.5, 0.5)).length).toBe(3);
});
