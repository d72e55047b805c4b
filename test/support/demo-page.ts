import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { DeliveryConfig } from '../../src/delivery/config.js';
import { launchBrowser } from './browser.js';
import { type DemoServer, type DemoStreams, startDemo } from './demo-server.js';
import type { FakeJobs } from './fakes/fake-jobs.js';

/** The page in a real browser, against streams and jobs that a test scripts. */

let browser: Browser;
/** Of the test that runs; `openDemo` sets both. */
export let page: Page;
export let demo: DemoServer;

/** One browser for all tests of the file; page and server end with their test. */
export function useDemoPages(): void {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
  });
  afterEach(async () => {
    await page.context().close();
    await demo.close();
  });
}

export interface DemoPage {
  readonly streams: DemoStreams;
  readonly jobs?: FakeJobs;
  readonly config?: Partial<DeliveryConfig>;
  /** What follows the server's address. */
  readonly at?: string;
  readonly context?: BrowserContextOptions;
  /** Run in the page before its own. */
  readonly scripts?: readonly (() => void)[];
}

export async function openDemo({ streams, jobs, config, at = '', context, scripts = [] }: DemoPage): Promise<void> {
  demo = await startDemo(streams, config, jobs);
  page = await (await browser.newContext(context)).newPage();
  for (const script of scripts) await page.addInitScript(script);
  await page.goto(`${demo.url}/${at}`);
}
