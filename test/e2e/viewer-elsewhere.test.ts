import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, nextPaint } from '../support/browser.js';
import { ADMIN, GUARDED, VIEWER } from '../support/delivery.js';
import { DemoFeed, type DemoServer, DemoStreams, startDemo } from '../support/demo-server.js';
import { FakeJobs, fakeJob } from '../support/fakes/fake-jobs.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** The page among others: in many tabs, in a frame on another site, and reached by another site's links. */
let browser: Browser;
let context: BrowserContext;
let demo: DemoServer;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await demo.close();
});

const scene = numberedScene();
const yard = () => new DemoStreams([new DemoFeed('yard', scene, { name: 'Yard' })], scene);

describe('in eight tabs', () => {
  it('everything is answered, and all of them hear of jobs', async () => {
    const jobs = new FakeJobs();
    demo = await startDemo(yard(), {}, jobs);
    const tabs: Page[] = [];
    for (let n = 0; n < 8; n++) {
      const tab = await context.newPage();
      await tab.goto(`${demo.url}/#/recordings`);
      expect(await tab.evaluate(() => fetch('api/v1/streams').then(({ status }) => status))).toBe(200);
      tabs.push(tab);
    }
    jobs.put(fakeJob({ id: 'walk', name: 'Walk', state: 'running' }));
    for (const tab of tabs) await tab.getByText('Walk', { exact: true }).first().waitFor();
  });
});

describe('an <img> of stream.mjpeg', () => {
  it('shows a picture when it has come, not with the next one', async () => {
    demo = await startDemo(yard());
    const page = await context.newPage();
    await page.goto(`${demo.url}/healthz`);
    const took = await page.evaluate(async () => {
      const image = new Image();
      const begin = performance.now();
      image.src = '/api/v1/streams/yard/stream.mjpeg?fps=0.1';
      document.body.append(image);
      while (image.naturalWidth === 0) await new Promise(requestAnimationFrame);
      return performance.now() - begin;
    });
    expect(took).toBeLessThan(8000); // the next one comes after ten seconds
  });
});

describe('on another site', () => {
  let elsewhere: Server;
  let site: string;
  /** What the other site's page holds. */
  let content = '';

  beforeEach(async () => {
    elsewhere = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(content));
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    // Another host name is another site, whatever machine it is.
    site = `http://localhost:${(elsewhere.address() as AddressInfo).port}`;
    demo = await startDemo(yard(), { ...GUARDED, allowedOrigins: [site] });
  });
  afterEach(() => void elsewhere.close());

  const framed = async (url: string) => {
    content = `<!doctype html><iframe src="${url}" width="900" height="600"></iframe>`;
    const page = await context.newPage();
    await page.goto(site);
    return page.frameLocator('iframe');
  };

  it('a frame signs in, and stays signed in', async () => {
    const frame = await framed(`${demo.url}/#/streams/yard`);
    await frame.getByLabel('Access token').fill(VIEWER);
    await frame.getByRole('button', { name: 'Sign in' }).click();
    await frame.locator('canvas[data-frame]').waitFor();
  });

  it('a frame signs in by its address', async () => {
    const frame = await framed(`${demo.url}/?token=${VIEWER}`);
    await frame.getByText('Yard').first().waitFor();
  });

  it('a frame whose browser keeps no cookies says so', async () => {
    const frame = await framed(`${demo.url}/#/streams/yard`);
    await frame.getByLabel('Access token').waitFor();
    // What the server answers to a request without a cookie.
    await context.route('**/api/v1/session', (route) =>
      route.request().method() === 'GET' ? route.fulfill({ json: { authentication: 'token' } }) : route.continue(),
    );
    await frame.getByLabel('Access token').fill(VIEWER);
    await frame.getByRole('button', { name: 'Sign in' }).click();
    await frame.getByText(/browser does not stay signed in.*tab of its own/).waitFor();
  });

  it('a link with a token leaves a signed-in browser who it is, and signs another one in', async () => {
    content = `<!doctype html><a href="${demo.url}/?token=${VIEWER}">Look</a>`;
    const role = async (page: Page) => {
      await page.goto(site);
      await page.getByText('Look').click();
      await page.waitForURL(`${demo.url}/`);
      await page.getByText('Yard').first().waitFor();
      return page.evaluate(() => fetch('api/v1/session').then((response) => response.json()));
    };
    const page = await context.newPage();
    await page.goto(`${demo.url}/?token=${ADMIN}`);
    await nextPaint(page, -1);
    expect(await role(page)).toEqual({ authentication: 'token', role: 'admin' });
    await context.clearCookies();
    expect(await role(page)).toEqual({ authentication: 'token', role: 'viewer' });
  });
});
