import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from '../support/axe.js';
import { launchBrowser, nextPaint } from '../support/browser.js';
import { DemoFeed, type DemoServer, DemoStreams, startDemo } from '../support/demo-server.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** Names, roles, contrast and focus by axe's rules; what it can't judge is in the other tests of the page. */
let browser: Browser;
let demo: DemoServer;

beforeAll(async () => {
  const scene = numberedScene();
  demo = await startDemo(new DemoStreams([new DemoFeed('yard', scene), new DemoFeed('gate', scene)], scene));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await demo?.close();
});

it.each(['dark', 'light'] as const)(
  'has no accessibility violations in the %s theme',
  async (colorScheme) => {
    const page = await browser.newPage({ colorScheme, reducedMotion: 'reduce', bypassCSP: true });
    await page.goto(demo.url);
    await page.getByRole('link', { name: 'yard, Live' }).waitFor();
    await page.getByRole('button', { name: 'Actions for yard' }).click();
    expect(await violations(page)).toEqual([]);

    await page.goto(`${demo.url}/#/streams/yard`);
    await nextPaint(page, -1);
    await page.getByText('What is looked for').click();
    await page.keyboard.press('w');
    await page.keyboard.press('d');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('d');

    demo.streams.demo('yard').enter('stalled');
    await page.locator('.veil').waitFor();
    expect(await violations(page)).toEqual([]);
    demo.streams.demo('yard').enter('live');

    await page.keyboard.press('?');
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.keyboard.press('a');
    await page.getByLabel('Address').fill('rtsp://192.0.2.10/locked');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('alert').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  },
  60_000,
);

it('moves nothing for people who ask for less motion', async () => {
  const page = await browser.newPage({ reducedMotion: 'reduce' });
  await page.goto(demo.url);
  const durations = await page.evaluate(() =>
    [...document.querySelectorAll('*')].map((element) =>
      Number.parseFloat(getComputedStyle(element).transitionDuration),
    ),
  );
  expect(Math.max(...durations)).toBeLessThan(0.001);
  await page.close();
});
