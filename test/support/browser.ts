import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium, headless. Found elsewhere by `CHROMIUM`. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}
