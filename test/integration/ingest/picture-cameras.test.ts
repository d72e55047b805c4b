import { afterEach, describe, expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { FRAMINGS, PictureServer } from '../../support/cameras/picture-server.js';
import type { Watcher } from '../../support/ingest.js';
import { ask, closeAfterwards, PASSWORD, tidyUp, USER, watch } from '../../support/live.js';

afterEach(tidyUp);

async function camera(config: Parameters<typeof PictureServer.start>[0] = {}): Promise<PictureServer> {
  const started = await PictureServer.start(config);
  closeAfterwards(() => started.close());
  return started;
}

const shows = (watcher: Watcher, grey: number): boolean => Math.abs(watcher.red - grey) < 12;

describe('a camera that sends JPEGs', () => {
  it.each(FRAMINGS)('framed like this is seen without a loss: %s', async (framing) => {
    const server = await camera();
    const watcher = watch(server.url(framing));
    await watcher.frames(1);
    for (let n = 0; n < 3; n++) {
      await server.send();
      await watcher.frames(1);
    }
    expect(watcher.status.losses).toBe(0);
    expect(watcher.states).toEqual(['connecting', 'live']);
  });

  it('is shown when a picture has come, not when the next one does', async () => {
    const server = await camera();
    const watcher = watch(server.url('right'));
    await watcher.frames(1);
    for (let n = 0; n < 4; n++) {
      const grey = await server.send();
      await watcher.frames(1);
      expect(shows(watcher, grey), `${watcher.red} for ${grey}`).toBe(true);
    }
  });

  it('that changes its size again and again is fitted into one, rather than taken up anew each time', async () => {
    const server = await camera();
    const watcher = watch(server.url('right'));
    await watcher.frames(1);
    const sizes = [
      { width: 176, height: 144 },
      { width: 160, height: 120 },
    ];
    for (let n = 0; n < 8; n++) {
      await server.send(sizes[n % 2]);
      await watcher.frames(1);
    }
    expect(watcher.status).toMatchObject({ state: 'live', losses: 0 });
    // The first, and three changes.
    expect(watcher.discontinuities).toBe(4);
  });

  it('is called what it is by a probe: no rate is made up', async () => {
    const server = await camera();
    expect((await ask({ url: server.url('right') })).info).toMatchObject({
      container: 'mpjpeg',
      codec: 'mjpeg',
      live: true,
      fps: undefined,
      width: 160,
      height: 120,
      pixelFormat: 'yuvj420p',
    });
    expect((await ask({ url: server.url('still.jpg') })).info).toMatchObject({ container: 'jpeg', live: true });
  });

  it('with a still picture that is neither JPEG nor PNG is refused, rather than lost after each', async () => {
    const server = await camera();
    await expect(ask({ url: server.url('still.webp') })).rejects.toMatchObject({
      code: 'NOT_VIDEO',
      message: expect.stringContaining('it is a single picture, webp; such cameras are watched by JPEG or PNG'),
    });
    expect((await ask({ url: server.url('still.png') })).info).toMatchObject({
      ...{ container: 'png', codec: 'png', pixelFormat: 'rgb24', live: true, fps: undefined, width: 160 },
    });
  });

  it.each(['jpg', 'png'])(
    'one %s a request is asked again and again, and stays live where nothing is new',
    async (kind) => {
      const server = await camera();
      const watcher = watch(server.url(`still.${kind}`), { refresh: ms(100) });
      await watcher.frames(3);
      expect(server.unchanged).toBeGreaterThan(0);
      const grey = await server.expose();
      await watcher.until('the new picture', () => shows(watcher, grey));
      expect(watcher.states).toEqual(['connecting', 'live']);
      expect(watcher.status.losses).toBe(0);
    },
  );

  it.each(['MD5', 'SHA-256'] as const)('that wants Digest with %s is logged in to', async (algorithm) => {
    const server = await camera({ user: USER, password: PASSWORD, algorithm });
    const address = { url: server.url('right'), user: USER, password: PASSWORD };
    const watcher = watch(address);
    await watcher.frames(1);
    await server.send();
    await watcher.frames(1);
    await expect(ask({ ...address, password: 'wrong' })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });
});
