import { afterEach, describe, expect, it } from 'vitest';
import { toSeconds } from '../../../src/core/time.js';
import { HttpCamera } from '../../support/cameras/http-cameras.js';
import { children } from '../../support/ingest.js';
import { ask, closeAfterwards, PASSWORD, tidyUp, USER, watch } from '../../support/live.js';

afterEach(tidyUp);

async function webCamera(config: Parameters<typeof HttpCamera.start>[0] = {}): Promise<HttpCamera> {
  const started = await HttpCamera.start(config);
  closeAfterwards(() => started.close());
  return started;
}

describe('over HTTP', () => {
  it('MJPEG is live, with the times of arrival', async () => {
    const server = await webCamera({ user: USER, password: PASSWORD, fps: 20 });
    const watcher = watch({ url: server.url('/mjpeg'), user: USER, password: PASSWORD });
    await watcher.frames(10);
    const frame = watcher.newest;
    expect(frame?.geometry.source).toEqual({ width: 160, height: 120 });
    expect(frame && toSeconds(frame.pts)).toBeCloseTo((frame?.capturedAt ?? 0) / 1000, 2);
    expect((await children()).join()).not.toMatch(/p@ss|p%40ss/);
    server.disconnect();
    await watcher.state('reconnecting');
    await watcher.frames(5);
  });

  it('HLS without an end is live, and plays evenly though it comes a segment at a time', async () => {
    const server = await webCamera();
    const watcher = watch(server.url('/live/index.m3u8'));
    await watcher.frames(1);
    const begin = performance.now();
    await watcher.frames(50);
    expect(performance.now() - begin).toBeGreaterThan(1700);
    expect(watcher.states).toEqual(['connecting', 'live']);
    const { info } = await ask({ url: server.url('/live/index.m3u8') });
    expect(info).toMatchObject({ container: 'hls', live: true });
  });

  it('HLS with an end, and a file, are recordings', async () => {
    const server = await webCamera();
    for (const path of ['/vod/index.m3u8', '/clip.mp4', '/clip.mp4?token=s3cret']) {
      const { info } = await ask({ url: server.url(path) });
      expect(info).toMatchObject({ duration: 2, live: false, width: 320 });
    }
    const watcher = watch(server.url('/clip.mp4?token=s3cret'));
    await watcher.frames(60);
    expect(watcher.discontinuities).toBe(2);
    expect((await children()).join()).not.toContain('s3cret');
  });

  it.each([
    ['/page.html', 'NOT_VIDEO'],
    ['/nothing', 'NOT_FOUND'],
    ['/silent', 'TIMEOUT'],
    ['/redirect-to-file', /NOT_VIDEO|CONNECTION_FAILED/],
  ])('%s is %s', async (path, code) => {
    const server = await webCamera();
    await expect(ask({ url: server.url(path) })).rejects.toMatchObject({ code: expect.stringMatching(code) });
  });

  it('a wrong password is AUTH_FAILED', async () => {
    const server = await webCamera({ user: USER, password: PASSWORD });
    await expect(ask({ url: server.url('/mjpeg'), user: USER, password: 'no' })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
    });
  });
});
