import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, nextPaint, paintedFrame } from '../support/browser.js';
import { startLive } from '../support/live-server.js';

/** The open page goes on showing pictures across every restart that a person can ask for. */
const PUBLIC = fileURLToPath(new URL('../../public', import.meta.url));
const PICTURE = { width: 320, height: 240 };

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

it('the page paints on after another address, another network, a stop and a start', async () => {
  const live = await startLive({ publicDir: PUBLIC });
  const { streams } = live;
  const analysis = { width: 8, height: 4 };
  const picture = {
    geometry: { source: PICTURE, picture: PICTURE, analysis, content: analysis },
    jpeg: await sharp({ create: { ...PICTURE, channels: 3, background: { r: 90, g: 120, b: 60 } } })
      .jpeg()
      .toBuffer(),
  };
  const source = { url: 'rtsp://192.0.2.1/a', transport: 'tcp' as const };
  await streams.add({ id: 'yard', name: 'Yard', source, settings: {} });
  const page = await browser.newPage();
  await page.goto(`${live.url}/#/streams/yard`);
  await expect.poll(() => streams.get('yard', 'admin').viewers).toBe(1);
  const paintAgain = async () => {
    const last = await paintedFrame(page);
    live.give(picture);
    await nextPaint(page, last);
  };
  for (let n = 0; n < 5; n++) await paintAgain();
  await streams.change('yard', { source: { ...source, url: 'rtsp://192.0.2.1/b' } });
  await paintAgain();
  await streams.change('yard', { model: 'other' });
  await paintAgain();
  await streams.change('yard', { enabled: false });
  await streams.change('yard', { enabled: true });
  await paintAgain();
  expect(live.sources).toHaveLength(4);
  await page.close();
});
