import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { launchBrowser } from '../support/browser.js';
import { BARCODE_BITS, barcodeClip } from '../support/media/barcode.js';
import { startServe } from '../support/serve.js';
import { writeLumaThresholdModel } from '../support/test-models.js';

const FRAMES = 150;

interface Painted {
  readonly number: number;
  /** Brightness, 0–255, in the middle of each barcode column of what is on the screen. */
  readonly cells: readonly number[];
}

/**
 * A recording as a person takes it through the whole server: from this device to a job, to the player, to a file. Its pictures carry
 * their number as black and white columns, and the network's masks are black where it is dark and white where it is bright: at half
 * opacity a column is grey where picture and mask disagree.
 */
it('is uploaded, processed, watched, scrubbed and downloaded', async () => {
  const modelsDir = await mkdtemp(join(tmpdir(), 'maskcast-models-'));
  onTestFinished(() => rm(modelsDir, { recursive: true }));
  await writeLumaThresholdModel(join(modelsDir, 'luma'), { stride: 4 });
  const clip = await barcodeClip(FRAMES, 25);
  const { url } = await startServe(['--models-dir', modelsDir, '--model', 'luma']);
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
  await page.addInitScript(() => {
    localStorage.setItem('maskcast', JSON.stringify({ opacity: 0.5, outline: false }));
  });
  await page.goto(`${url}#/recordings`);
  await page.getByRole('button', { name: 'Process a recording' }).click();
  await page.getByLabel('Video files').setInputFiles(clip);
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();

  await page.getByRole('link', { name: /barcode/ }).click();
  await page.locator('.badge[data-state=done]').waitFor({ timeout: 90_000 });
  await page.waitForFunction(() => document.querySelector('canvas[data-frame="0"]'));
  await page.evaluate((bits) => {
    const scope = window as unknown as { painted: Painted[] };
    const hook = window.maskcast;
    if (!hook) throw new Error('the page has no debug hook');
    scope.painted = [];
    hook.onPaint = ({ number }) => {
      const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-frame]');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) return;
      const row = context.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1).data;
      const cells = Array.from(
        { length: bits },
        (_, bit) => row[Math.floor(((bit + 0.5) * canvas.width) / bits) * 4 + 1] as number,
      );
      scope.painted.push({ number, cells });
    };
  }, BARCODE_BITS);

  const timeline = page.getByRole('slider', { name: /Position in the recording/ });
  const box = await timeline.boundingBox();
  if (!box) throw new Error('there is no timeline');
  for (const part of [0.5, 0.9, 0.2]) {
    await page.mouse.click(box.x + box.width * part, box.y + 20);
    await page.waitForFunction(
      (wanted) =>
        Math.abs(Number(document.querySelector<HTMLElement>('canvas[data-frame]')?.dataset.frame) - wanted) < 3,
      part * FRAMES,
    );
  }
  // A busy machine skips frames, the more the faster it plays, and the clip is short.
  for (const key of ['.', '<', '<', ' ']) await page.keyboard.press(key);
  await page.waitForFunction(
    () =>
      (window as unknown as { painted: Painted[] }).painted.length > 40 ||
      document.querySelector('video')?.ended === true,
    undefined,
    { timeout: 60_000 },
  );
  const painted = await page.evaluate(() => (window as unknown as { painted: Painted[] }).painted);
  expect(painted.length).toBeGreaterThan(10);
  const grey = painted.filter(({ cells }) => cells.some((value) => value > 60 && value < 195));
  expect(grey, 'frames whose picture and mask disagree').toEqual([]);
  const read = ({ cells }: Painted) => cells.reduce((sum, value, bit) => sum + (value > 127 ? 2 ** bit : 0), 0);
  expect(
    painted.filter((frame) => read(frame) !== frame.number),
    'frames that show another number than they have',
  ).toEqual([]);

  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download table.csv' }).click();
  const table = await readFile(await (await saving).path(), 'utf8');
  expect(table.trim().split('\n')).toHaveLength(FRAMES + 1);
  const savingVideo = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download overlay.mp4' }).click();
  expect((await stat(await (await savingVideo).path())).size).toBeGreaterThan(1000);
  const opening = page.waitForEvent('popup');
  await page.getByRole('link', { name: /Open summary.html/ }).click();
  await (await opening).getByRole('heading', { name: /barcode/ }).waitFor();
}, 180_000);
