import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { canvasPixel, launchBrowser, nextPaint, paintedFrame } from '../support/browser.js';
import { DemoFeed, type DemoServer, DemoStreams, policyOf, startDemo } from '../support/demo-server.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** Each control of the page does what it says. */
let browser: Browser;
let demo: DemoServer;

beforeAll(async () => {
  const scene = numberedScene();
  const feeds = [
    // Every picture of this stream shows the same number, 0b101010101010, so that pixels can be told beforehand.
    new DemoFeed(
      'steady',
      { ...scene, frame: async (number) => ({ ...(await scene.frame(0xaaa)), number }) },
      { name: 'Steady' },
    ),
    new DemoFeed('gate', scene, { name: 'Gate' }),
  ];
  demo = await startDemo(new DemoStreams(feeds, scene));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await demo?.close();
});

/** In the steady picture: the middle of a light bar that is vehicle, and of a dark bar that is nothing. */
const VEHICLE = 1.5 / 12;
const OTHER = 0.5 / 12;
const BLUE = [0, 90, 200];

/** A page of its own browser context, closed when the test is over. */
async function open(link: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  onTestFinished(() => page.close());
  await page.goto(demo.url + link);
  return page;
}

async function openStage(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await open('/#/streams/steady', options);
  await nextPaint(page, -1);
  return page;
}

async function expectPixel(page: Page, x: number, expected: readonly number[], y = 0.5): Promise<void> {
  await expect.poll(async () => distance(await canvasPixel(page, x, y), expected), { timeout: 5000 }).toBeLessThan(14);
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));

describe('the grid', () => {
  it('shows every stream live and leads to each', async () => {
    const page = await open('/');
    for (const name of ['Steady', 'Gate']) {
      await page.getByRole('link', { name: `${name}, Live` }).waitFor();
    }
    await page.getByText('2 of 2 live').waitFor();
    await page.getByRole('link', { name: 'Gate, Live' }).click();
    await page.getByRole('heading', { name: 'Gate', level: 1 }).waitFor();
    expect(page.url()).toBe(`${demo.url}/#/streams/gate`);
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Streams' }).waitFor();
  });

  it('fits a phone without scrolling sideways', async () => {
    const page = await openStage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBe(0);
    await page.goto(`${demo.url}/#/`);
    await page.getByRole('link', { name: /Gate/ }).waitFor();
    expect(await overflow()).toBe(0);
  });
});

describe('the picture', () => {
  it('follows opacity, fill, outline, mask and class controls', async () => {
    const page = await openStage();
    const opacity = page.getByRole('slider', { name: 'Opacity' });
    await page.getByRole('button', { name: 'Outline' }).click();
    await opacity.fill('100');
    await expectPixel(page, VEHICLE, BLUE);
    await opacity.fill('0');
    await expectPixel(page, VEHICLE, [235, 235, 235]);
    await opacity.fill('50');
    await expectPixel(page, VEHICLE, [118, 163, 218]);

    await page.getByRole('button', { name: 'Fill' }).click();
    await expectPixel(page, VEHICLE, [235, 235, 235]);
    await page.getByRole('button', { name: 'Outline' }).click();
    await expect.poll(async () => (await canvasPixel(page, 1.013 / 12, 0.5))[0]).toBeLessThan(130);
    await expectPixel(page, VEHICLE, [235, 235, 235]);
    await page.getByRole('button', { name: 'Outline' }).click();
    await page.getByRole('button', { name: 'Fill' }).click();

    await page.getByRole('button', { name: 'Show vehicle' }).click();
    await expectPixel(page, VEHICLE, [235, 235, 235]);
    await page.getByRole('button', { name: 'Show all' }).click();
    await expectPixel(page, VEHICLE, [118, 163, 218]);
    await expectPixel(page, OTHER, [10, 10, 10]);
    await page.getByRole('button', { name: 'Show only vehicle' }).click();
    await expectPixel(page, OTHER, [20, 20, 20]);

    await page.keyboard.press('m');
    await expectPixel(page, VEHICLE, [235, 235, 235]);
  });

  it('keeps what a person likes over a reload', async () => {
    const page = await openStage();
    await page.keyboard.press('+');
    await page.getByRole('button', { name: 'Theme: as the system' }).click();
    await page.reload();
    await nextPaint(page, -1);
    expect(await page.getByRole('slider', { name: 'Opacity' }).inputValue()).toBe('55');
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light');
  });

  it('tells class, share and confidence, under the pointer and under the crosshair', async () => {
    const page = await openStage();
    const box = await page.locator('.stage canvas').boundingBox();
    if (!box) throw new Error('the canvas is not on screen');
    await page.mouse.move(box.x + box.width * VEHICLE, box.y + box.height / 2);
    await expect.poll(() => page.locator('.probe').textContent()).toBe('vehicle80%');
    await page.getByRole('button', { name: 'Show vehicle' }).getByText('50.0%').waitFor();
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^(vehicle|other), 80 percent$/);
  });

  it('compares with the raw picture by a wipe that mouse and keys move, and side by side', async () => {
    const page = await openStage();
    await page.getByRole('slider', { name: 'Opacity' }).fill('100');
    await page.getByText('Wipe', { exact: true }).click();
    const handle = page.getByRole('slider', { name: /Wipe/ });
    await expectPixel(page, VEHICLE, [235, 235, 235]);
    await expectPixel(page, 9.5 / 12, BLUE);

    const box = await page.locator('.stage canvas').boundingBox();
    if (!box) throw new Error('the canvas is not on screen');
    await page.mouse.move(box.x + box.width / 2, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await expectPixel(page, 9.5 / 12, [235, 235, 235]);
    expect(await handle.getAttribute('aria-valuenow')).toBe('90');
    await page.keyboard.press('ArrowLeft');
    expect(await handle.getAttribute('aria-valuenow')).toBe('88');
    await page.keyboard.press('Home');
    await expectPixel(page, VEHICLE, BLUE);

    await page.keyboard.press('b');
    await expectPixel(page, VEHICLE / 2, [235, 235, 235]);
    await expectPixel(page, 0.5 + VEHICLE / 2, BLUE);
  });

  it('shows where the network is unsure', async () => {
    const page = await openStage();
    await page.keyboard.press('h');
    const isViolet = ([red = 0, green = 0, blue = 0]: readonly number[]) => green < red && green < blue;
    await expect.poll(async () => isViolet(await canvasPixel(page, OTHER, 0.5))).toBe(true);
  });

  it('pauses without going on behind the scenes, and goes on', async () => {
    const page = await openStage();
    const feed = demo.streams.demo('steady');
    await page.keyboard.press(' ');
    await page.getByText(/^Paused at \d\d:/).waitFor();
    await expect.poll(() => feed.frameListeners.size).toBe(0);
    const stopped = await paintedFrame(page);
    await page.getByRole('button', { name: 'Go on' }).click();
    await nextPaint(page, stopped);
  });

  it('saves what is seen as a PNG of full size', async () => {
    const page = await openStage();
    await page.getByRole('slider', { name: 'Opacity' }).fill('100');
    await page.getByRole('button', { name: 'Outline' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    expect(file.suggestedFilename()).toMatch(/^steady_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_f\d+\.png$/);
    const image = sharp(await file.path());
    expect(await image.metadata()).toMatchObject({ format: 'png', width: 480, height: 270 });
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    const at = (135 * 480 + Math.floor(480 * VEHICLE)) * info.channels;
    expect(distance([...data.subarray(at, at + 3)], BLUE)).toBeLessThan(14);
  });

  it('fills the screen and leaves it', async () => {
    const page = await openStage();
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement?.classList.contains('stage'));
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement === null);
  });
});

describe('statistics and settings', () => {
  it('shows rates, latency, drops by cause, queues, model and licence', async () => {
    const page = await openStage();
    await page.keyboard.press('d');
    const drawer = page.getByRole('complementary', { name: 'Statistics' });
    for (const text of [
      'Painted here',
      'Nearly all (p95)',
      'Network busy',
      'Slow viewers',
      'At the network',
      'demo-street',
      'CC0-1.0',
    ]) {
      await drawer.getByText(text, { exact: true }).waitFor();
    }
    await expect.poll(() => drawer.getByText(/^[\d.]+\sms$/).count()).toBeGreaterThan(1);
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
  });

  it('changes policy and smoothing on the server, for everybody', async () => {
    const page = await openStage();
    const other = await openStage();
    await page.getByText('Interval', { exact: true }).click();
    await page.getByLabel('One frame in').fill('7');
    await page.getByLabel('One frame in').press('Enter');
    await expect.poll(() => policyOf(demo.streams, 'steady')).toBe('interval=7');
    await page.getByText('Temporal smoothing').click();
    await expect.poll(() => demo.streams.feed('steady').settings.smoothing).toBe(false);
    await expect.poll(() => other.getByLabel('One frame in').inputValue()).toBe('7');
    await expect.poll(() => other.getByLabel('Temporal smoothing').isChecked()).toBe(false);
  });

  it('says what is looked for by switch and slider, for everybody, which is not hiding', async () => {
    const page = await openStage();
    const other = await openStage();
    const classes = () => demo.streams.feed('steady').settings.classes;
    await page.getByText('What is looked for').click();
    await page.getByText('To hide a class from your own view only', { exact: false }).waitFor();
    const panel = page.locator('.looked-for');
    await panel.getByLabel('vehicle', { exact: true }).click();
    await expect.poll(classes).toEqual({ vehicle: 'off' });
    await other.locator('.classes li', { hasText: 'vehicle' }).getByText('off', { exact: true }).waitFor();
    expect(await panel.getByRole('slider', { name: /^vehicle/ }).count()).toBe(0);
    const slider = panel.getByRole('slider', { name: 'person: how sure the network must be' });
    await slider.fill('60');
    await expect.poll(classes).toEqual({ vehicle: 'off', person: { threshold: 0.6 } });
    expect(await slider.getAttribute('aria-valuetext')).toBe('at least 60 percent');
    await panel.getByLabel('vehicle', { exact: true }).click();
    await slider.press('Home');
    await expect.poll(classes).toEqual({});
    // Hidden is only the view.
    await page.getByRole('button', { name: 'Show vehicle' }).click();
    expect(classes()).toEqual({});
  });

  it('draws the shares of the classes over time', async () => {
    const page = await openStage();
    await page.getByRole('img', { name: /Shares of the classes.*vehicle 50\.0%/ }).waitFor();
    await expect.poll(() => page.locator('.chart-empty').count()).toBe(0);
  });

  it('has a sheet of all shortcuts behind "?"', async () => {
    const page = await openStage();
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.getByText('Confidence heat map').waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
  });
});
