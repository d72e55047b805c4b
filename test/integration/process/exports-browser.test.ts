import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerProcess } from '../../../src/cli/process/process.js';
import { launchBrowser } from '../../support/browser.js';
import { runCommand } from '../../support/commands.js';
import { clip } from '../../support/media/clips.js';
import { writeColorModel } from '../../support/test-models.js';

const AXE = createRequire(import.meta.url).resolve('axe-core');

let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-browser-'));
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** The results of a small clip with sound. */
async function results(...args: string[]): Promise<string> {
  const model = await writeColorModel(join(folder, 'colors'), {
    type: 'uint8',
    layout: 'NHWC',
    kind: 'logits',
    stride: 4,
  });
  const out = await mkdtemp(join(folder, 'out-'));
  const { error } = await runCommand(registerProcess, ['process', await clip('h264'), '-o', out, '-m', model, ...args]);
  expect(error).toBeUndefined();
  return join(out, (await readdir(out))[0] as string);
}

describe('results in a browser', { timeout: 240_000 }, () => {
  it('play, every second of the source', async () => {
    const path = join(await results('--output', 'overlay'), 'overlay.mp4');
    const page = await browser.newPage();
    await page.goto(pathToFileURL(path).href);
    const video = await page.evaluate(async () => {
      const player = document.querySelector('video') as HTMLVideoElement;
      player.muted = true;
      player.playbackRate = 4;
      const ended = new Promise((resolve, reject) => {
        player.onended = resolve;
        player.onerror = () => reject(new Error(player.error?.message));
      });
      await player.play();
      await ended;
      const { videoWidth, videoHeight, duration } = player;
      return { videoWidth, videoHeight, duration, shown: player.getVideoPlaybackQuality().totalVideoFrames };
    });
    expect(video).toMatchObject({ videoWidth: 320, videoHeight: 240 });
    expect(video.duration).toBeCloseTo(2, 1);
    expect(video.shown).toBeGreaterThan(0);
    await page.close();
  });

  it('are summed up on a page that is accessible, fits a phone, and asks for nothing', async () => {
    const href = pathToFileURL(join(await results('--output', 'summary', '--segment', '20'), 'summary.html')).href;
    for (const colorScheme of ['dark', 'light'] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 360, height: 740 } });
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(href);
      expect(requests.filter((url) => url !== href && !url.startsWith('data:'))).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      expect(await pictures(page)).toBeGreaterThan(0);
      await page.addScriptTag({ path: AXE });
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
        return (await axe.run()).violations.map(({ id }) => id);
      });
      expect(violations).toEqual([]);
      await page.close();
    }
  });
});

/** Pictures on the page, all of which have to be readable. */
function pictures(page: Page): Promise<number> {
  return page.evaluate(() => {
    const images = [...document.images];
    if (images.some(({ naturalWidth }) => naturalWidth === 0)) throw new Error('a picture cannot be read');
    return images.length;
  });
}
