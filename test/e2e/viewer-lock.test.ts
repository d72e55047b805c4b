import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PaintedFrame } from '../../src/viewer/state/debug.js';
import { launchBrowser } from '../support/browser.js';
import { DemoFeed, type DemoServer, DemoStreams, startDemo } from '../support/demo-server.js';
import { NUMBER_BITS, numberedScene } from '../support/media/demo-scene.js';

/** Picture and mask carry their frame's number as bars; the test reads both back from the painted canvas. */
let browser: Browser;
let demo: DemoServer;

beforeAll(async () => {
  const scene = numberedScene();
  demo = await startDemo(new DemoStreams([new DemoFeed('numbers', scene, { fps: 50 })], scene));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await demo?.close();
});

interface Reading {
  readonly number: number;
  readonly picture: number;
  readonly mask: number;
}

it.each([
  ['canvas2d', 200],
  ['webgl2', 40],
] as const)(
  'paints picture and mask of one frame together with %s on a slow processor, %i times',
  async (renderer, count) => {
    const page = await browser.newPage({ viewport: { width: 760, height: 520 } });
    const session = await page.context().newCDPSession(page);
    await page.addInitScript(() => {
      localStorage.setItem('maskcast', JSON.stringify({ opacity: 1, outline: false }));
    });
    await page.goto(`${demo.url}/?renderer=${renderer}#/streams/numbers`);
    await page.getByRole('radio', { name: 'Side by side' }).check({ force: true });
    await page.waitForFunction(() => document.querySelector('.stage[data-mode=side] canvas[data-frame]'));
    await session.send('Emulation.setCPUThrottlingRate', { rate: 2 });

    const readings = await page.evaluate(
      ([bits, wanted]) =>
        new Promise<Reading[]>((resolve) => {
          const hook = window.maskcast;
          const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-frame]');
          const context = canvas?.getContext('2d');
          if (!hook || !canvas || !context) throw new Error('the page paints nothing');
          const found: Reading[] = [];
          hook.onPaint = ({ number }: PaintedFrame) => {
            const { data } = context.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1);
            const half = canvas.width / 2;
            let picture = 0;
            let mask = 0;
            for (let bit = 0; bit < bits; bit++) {
              const x = Math.floor(((bit + 0.5) / bits) * half);
              const raw = data[x * 4] ?? 0;
              const at = (Math.floor(half) + x) * 4;
              const isVehicle = (data[at] ?? 0) < 60 && (data[at + 2] ?? 0) > 150;
              if (raw > 128) picture |= 1 << bit;
              if (isVehicle) mask |= 1 << bit;
            }
            found.push({ number, picture, mask });
            if (found.length === wanted) {
              delete hook.onPaint;
              resolve(found);
            }
          };
        }),
      [NUMBER_BITS, count] as const,
    );
    await page.close();

    const torn = readings.filter(
      ({ number, picture, mask }) => picture !== number % 2 ** NUMBER_BITS || mask !== picture,
    );
    expect(torn).toEqual([]);
    const numbers = readings.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  },
  120_000,
);
