import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's Chromium, headless. Found elsewhere by `CHROMIUM`. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/** The number of the frame on the page's (first) canvas; -1 before the first. */
export function paintedFrame(page: Page): Promise<number> {
  return page.evaluate(() => Number(document.querySelector<HTMLElement>('canvas[data-frame]')?.dataset.frame ?? -1));
}

/** Resolves when a frame newer than `after` is painted. */
export async function nextPaint(page: Page, after: number): Promise<void> {
  await page.waitForFunction(
    (number) => Number(document.querySelector<HTMLElement>('canvas[data-frame]')?.dataset.frame ?? -1) > number,
    after,
  );
}

/** RGB of the page's (first) canvas at a position of 0–1 in each direction. */
export function canvasPixel(page: Page, x: number, y: number): Promise<[number, number, number]> {
  return page.evaluate(
    ([atX, atY]) => {
      const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-frame]');
      const data = canvas
        ?.getContext('2d')
        ?.getImageData(Math.floor(atX * canvas.width), Math.floor(atY * canvas.height), 1, 1).data;
      if (!data) throw new Error('nothing is painted');
      return [data[0], data[1], data[2]] as [number, number, number];
    },
    [x, y] as const,
  );
}

/** Makes the page believe that its tab is hidden, or seen again; headless Chromium shows all tabs. */
export function setHidden(page: Page, hidden: boolean): Promise<void> {
  return page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** A wire to a server that can be cut without either end being told. */
export async function startWire(port: number) {
  const sockets = new Set<Socket>();
  let cut = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (data) => cut || far.write(data));
    far.on('data', (data) => cut || near.write(data));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setCut(value: boolean) {
      cut = value;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
