import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { launchBrowser } from '../support/browser.js';
import { BARCODE_BITS, barcodeClip } from '../support/media/barcode.js';
import { startServe } from '../support/serve.js';
import { writeLumaThresholdModel } from '../support/test-models.js';

const CLIP_FRAMES = 600;
const STREAM = `barcode-${CLIP_FRAMES}-25`;

/** What one painted frame says of itself. */
interface Painted {
  /** The number that came with the frame. */
  readonly number: number;
  /** Brightness, 0–255, in the middle of each barcode column of what is on the screen. */
  readonly cells: readonly number[];
}

/**
 * The picture shows its number as black and white columns; the network's mask is black where it is dark and white where it is
 * bright, so it carries the number as well. Drawn over each other at half opacity, a column where both agree is black or
 * white, and one where they don't is grey.
 */
describe('the frame lock', () => {
  it('paints picture and mask of the same number, 500 frames long, on a slow machine', async () => {
    const modelsDir = await mkdtemp(join(tmpdir(), 'maskcast-models-'));
    await writeLumaThresholdModel(join(modelsDir, 'luma'), { stride: 4 });
    const clip = await barcodeClip(CLIP_FRAMES, 25);
    const { url } = await startServe([
      '--models-dir',
      modelsDir,
      '--model',
      'luma',
      '--policy',
      'every',
      '--no-smoothing',
      clip,
    ]);
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
    const throttle = await page.context().newCDPSession(page);
    await throttle.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await page.goto(`${url}#/streams/${STREAM}`);
    await page.waitForFunction(() => Object.keys(window.maskcast?.painted ?? {}).length > 0);

    const painted = await page.evaluate(
      ([bits, count]) =>
        new Promise<Painted[]>((resolve) => {
          const frames: Painted[] = [];
          const hook = window.maskcast;
          if (!hook) throw new Error('the page has no debug hook');
          hook.onPaint = ({ number }) => {
            const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-frame]');
            const context = canvas?.getContext('2d');
            if (!canvas || !context) return;
            const row = context.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1).data;
            const cells = Array.from({ length: bits }, (_, bit) => {
              const x = Math.floor(((bit + 0.5) * canvas.width) / bits);
              return row[x * 4 + 1] as number;
            });
            frames.push({ number, cells });
            if (frames.length < count) return;
            delete hook.onPaint;
            resolve(frames);
          };
        }),
      [BARCODE_BITS, 500] as const,
    );

    const grey = painted.filter(({ cells }) => cells.some((value) => value > 60 && value < 195));
    expect(grey, 'frames whose picture and mask disagree').toEqual([]);
    const read = ({ cells }: Painted) => cells.reduce((sum, value, bit) => sum + (value > 127 ? 2 ** bit : 0), 0);
    const wrong = painted.filter((frame) => read(frame) !== frame.number % CLIP_FRAMES);
    expect(wrong, 'frames that show another number than they carry').toEqual([]);
    expect(new Set(painted.map(({ number }) => number)).size).toBe(500);
  }, 180_000);
});
