import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, nextPaint, paintedFrame, setHidden, startWire } from '../support/browser.js';
import { DemoFeed, type DemoServer, DemoStreams, startDemo } from '../support/demo-server.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** What the page says when something is wrong, and that it comes back by itself. */
let browser: Browser;
let demo: DemoServer;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(async () => {
  const scene = numberedScene();
  demo = await startDemo(new DemoStreams([new DemoFeed('yard', scene, { name: 'Yard' })], scene));
  page = await browser.newPage();
});
afterEach(async () => {
  await page.close();
  await demo.close();
});

const feed = () => demo.streams.demo('yard');
const veil = () => page.locator('.stage .veil');
const canvasFilter = () =>
  page.evaluate(() => getComputedStyle(document.querySelector('.stage canvas') as Element).filter);

async function watch(url = demo.url): Promise<void> {
  await page.goto(`${url}/#/streams/yard`);
  await nextPaint(page, -1);
}

async function expectLiveAgain(): Promise<void> {
  const last = await paintedFrame(page);
  await veil().waitFor({ state: 'detached' });
  await nextPaint(page, last);
  await page.locator('.page-head .badge[data-state=live]').waitFor();
}

describe('a camera in trouble', () => {
  it('veils, greys and stamps the last picture, says why and when it tries again, and tells screen readers', async () => {
    await watch();
    feed().enter('stalled');
    await veil().getByText('Stalled', { exact: true }).waitFor();
    await veil()
      .getByText(/^Last picture \d\d:\d\d:\d\d, \d+\ss ago$/)
      .waitFor();
    expect(await canvasFilter()).toContain('grayscale(1)');
    await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^Yard: Stalled\./);

    feed().enter(
      'reconnecting',
      { code: 'AUTH_FAILED', message: 'the camera refused the password', retryable: true },
      30_000,
    );
    await veil().getByText('The camera refused the password.').waitFor();
    await veil().getByText('Check the user and password that the camera expects.').waitFor();
    await veil()
      .getByText(/^Next attempt in (30|29|28|27|26)\ss$/)
      .waitFor();

    feed().enter('live');
    await expectLiveAgain();
    expect(await canvasFilter()).toBe('none');
  });

  it('is noticed though the server still says live', async () => {
    await watch();
    feed().freeze();
    await veil().getByText('No picture', { exact: true }).waitFor({ timeout: 12_000 });
    expect(await canvasFilter()).toContain('grayscale(1)');
    feed().run();
    await expectLiveAgain();
  });

  it('that is removed elsewhere is said to be gone', async () => {
    await watch();
    await demo.streams.remove('yard');
    await veil().getByText('This stream is not there any more.').waitFor();
    await veil().getByRole('link', { name: 'All streams' }).click();
    await page.getByRole('heading', { name: 'No streams yet' }).waitFor();
  });
});

describe('a server in trouble', () => {
  it('that restarts is said to be away, and the picture comes back by itself', async () => {
    await watch();
    await demo.stop();
    await veil().getByText('Disconnected', { exact: true }).waitFor();
    await veil()
      .getByText(/^Next attempt in \d+\ss$|^Trying again now$/)
      .first()
      .waitFor();
    await demo.start();
    await expectLiveAgain();
  });

  it('that falls silent without closing is noticed, and the picture comes back by itself', async () => {
    const wire = await startWire(Number(new URL(demo.url).port));
    await watch(wire.url);
    wire.setCut(true);
    await veil().getByText('No answer', { exact: true }).waitFor({ timeout: 8_000 });
    wire.setCut(false);
    await expectLiveAgain();
    await wire.close();
  });

  it('is told from a device without a network', async () => {
    await watch();
    await page.context().setOffline(true);
    await demo.stop();
    await veil().getByText('This device has no network.').waitFor();
    await demo.start();
    await page.context().setOffline(false);
    await expectLiveAgain();
  });

  it('that is away when the page opens is waited for', async () => {
    await page.goto(demo.url);
    await page.route('**/api/v1/session', (route) => route.abort());
    await page.reload();
    await page.getByText('The server does not answer. Trying again by itself.').waitFor();
    await page.unroute('**/api/v1/session');
    await page.getByRole('heading', { name: 'Streams' }).waitFor();
  });
});

describe('a server that does not answer', () => {
  it('the first time it is asked is asked again, on every path', async () => {
    await page.clock.install();
    const asked = new Map<string, number>();
    await page.route('**/api/**', (route) => {
      const { pathname } = new URL(route.request().url());
      asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
      return asked.get(pathname) === 1 ? new Promise<void>(() => {}) : route.continue();
    });
    await page.goto(`${demo.url}/#/streams/yard`);
    for (let waited = 0; (await paintedFrame(page)) < 0 && waited < 40; waited += 1) await page.clock.runFor(1000);
    await nextPaint(page, -1);
    for (const path of ['/api/v1/session', '/api/v1/streams', '/api/v1/models']) {
      await expect.poll(() => page.clock.runFor(1000).then(() => asked.get(path))).toBeGreaterThan(1);
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

describe('a hidden tab', () => {
  it('gets no frames, and is live at once when it is seen again', async () => {
    await watch();
    await setHidden(page, true);
    await expect.poll(() => feed().frameListeners.size).toBe(0);
    const before = await paintedFrame(page);
    await setHidden(page, false);
    await nextPaint(page, before);
    await expect.poll(() => feed().frameListeners.size).toBe(1);
    await page.locator('.page-head .badge[data-state=live]').waitFor();
  });
});
