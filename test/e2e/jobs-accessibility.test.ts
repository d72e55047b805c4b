import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violations } from '../support/axe.js';
import { launchBrowser } from '../support/browser.js';
import { type DemoServer, DemoStreams, startDemo } from '../support/demo-server.js';
import { FakeJobs, fakeJob } from '../support/fakes/fake-jobs.js';
import { barcodeRecording } from '../support/fakes/fake-recordings.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** Names, roles, contrast and focus on the pages of recorded video, by axe's rules. */
let browser: Browser;
let demo: DemoServer;
const jobs = new FakeJobs();

beforeAll(async () => {
  jobs.media = [{ path: 'tour/one.mp4', name: 'one.mp4', bytes: 5_000_000, modified: Date.now() }];
  jobs.put(fakeJob({ id: 'runs', state: 'running', progress: { frames: 375, expected: 1500, fps: 12, speed: 0.5 } }));
  jobs.put(fakeJob({ id: 'waits', position: 1 }));
  jobs.put(fakeJob({ id: 'rests', state: 'paused', progress: { frames: 375, expected: 1500 } }));
  const error = { code: 'DISK_FULL', message: 'the disk is full', retryable: true };
  jobs.put(fakeJob({ id: 'fails', state: 'failed', error, warnings: ['two packets were skipped'] }));
  const files = [{ path: 'summary.html', bytes: 5000, kind: 'file', contentType: 'text/html' }] as const;
  jobs.put(fakeJob({ id: 'done', state: 'done', files: [...files] }));
  const { options } = fakeJob({ id: 'labelled' });
  for (const id of ['labelled', 'drawn']) {
    const outputs: typeof options.outputs = id === 'drawn' ? ['coco', 'label-studio'] : ['coco', 'frames'];
    jobs.put(fakeJob({ id, state: 'done', options: { ...options, outputs } }));
  }
  jobs.recordings.set('done', await barcodeRecording(600, 25));
  demo = await startDemo(new DemoStreams([], numberedScene()), {}, jobs);
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
    await page.goto(`${demo.url}/#/recordings`);
    await page.getByText('1 job before it').waitFor();
    expect(await violations(page)).toEqual([]);

    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Process a recording' });
    await dialog.getByText('More', { exact: false }).first().click();
    await dialog.getByLabel('To', { exact: true }).fill('never');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.getByText('Write seconds').waitFor();
    expect(await violations(page)).toEqual([]);
    await dialog.getByText('On the server').click();
    await dialog.getByText('one.mp4').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Make a data set' }).click();
    await page.getByRole('button', { name: 'Choose all' }).click();
    await page.getByText('By hand').click();
    await page.getByRole('link', { name: 'Download' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');

    for (const id of ['runs', 'fails']) {
      await page.goto(`${demo.url}/#/recordings/${id}`);
      await page.getByRole('heading', { name: `${id}.mp4`, level: 1 }).waitFor();
      expect(await violations(page)).toEqual([]);
    }
    await page.goto(`${demo.url}/#/recordings/done`);
    await page.waitForFunction(() => document.querySelector('canvas[data-frame="0"]'));
    await page.getByRole('slider', { name: /Position/ }).hover();
    expect(await violations(page)).toEqual([]);
    await page.close();
  },
  120_000,
);

it('says in the player where the playhead is and what is there', async () => {
  const page = await browser.newPage();
  await page.goto(`${demo.url}/#/recordings/done`);
  await page.waitForFunction(() => document.querySelector('canvas[data-frame="0"]'));
  const slider = page.getByRole('slider', { name: /Position/ });
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.querySelector('canvas[data-frame="125"]'));
  expect(await slider.getAttribute('aria-valuenow')).toBe('5');
  expect(await slider.getAttribute('aria-valuetext')).toMatch(/^0:05\.0 of 0:24\.0: other .*%, vehicle .*%/);
  await page.close();
});
