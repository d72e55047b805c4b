import { request } from 'node:http';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { LOCAL, problemCode, startDelivery } from '../support/delivery.js';
import { fakeFrame } from '../support/fakes/fake-streams.js';

const PART = '--maskcast-picture\r\nContent-Type: image/jpeg\r\n\r\n';

/** The JPEGs of a multipart response, as a browser shows them: each once the headers of the next have come. */
async function* parts(response: Response): AsyncGenerator<Buffer> {
  let buffer = Buffer.alloc(0);
  const reader = response.body?.getReader();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) return;
    buffer = Buffer.concat([buffer, value ?? Buffer.alloc(0)]);
    for (let end = buffer.indexOf(`\r\n${PART}`); end >= 0; end = buffer.indexOf(`\r\n${PART}`)) {
      expect(buffer.toString('latin1', 0, PART.length)).toBe(PART);
      yield buffer.subarray(PART.length, end);
      buffer = buffer.subarray(end + 2);
    }
  }
}

async function colorAt(jpeg: Buffer, left: number, top: number): Promise<number[]> {
  return [...(await sharp(jpeg).extract({ left, top, width: 1, height: 1 }).raw().toBuffer())];
}

describe('a snapshot', () => {
  it('is the newest picture with its mask', async () => {
    const { url, streams } = await startDelivery();
    streams.feed('one').emit(await fakeFrame(4));
    const response = await fetch(`${url}/api/v1/streams/one/snapshot.jpg`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': 'no-store',
      'maskcast-frame': '4',
    });
    const [red = 0, green = 0] = await colorAt(Buffer.from(await response.arrayBuffer()), 40, 120);
    expect(red - green).toBeGreaterThan(80);
  });

  it('draws as asked', async () => {
    const { url, streams } = await startDelivery();
    streams.feed('one').emit(await fakeFrame(4));
    const draw = async (query: string) => {
      const response = await fetch(`${url}/api/v1/streams/one/snapshot.jpg?${query}`);
      return colorAt(Buffer.from(await response.arrayBuffer()), 40, 120);
    };
    expect((await draw('opacity=1'))[0]).toBeGreaterThan(210);
    expect((await draw('classes=vehicle'))[0]).toBeCloseTo(128, -1);
    expect((await draw('classes='))[0]).toBeCloseTo(128, -1);
    expect((await draw('opacity=0&outline=false&_=123'))[0]).toBeCloseTo(128, -1);
  });

  it.each(['opacity=2', 'opacity=x', 'outline=maybe', 'classes=dog'])('with %s is a bad request', async (query) => {
    const { url, streams } = await startDelivery();
    streams.feed('one').emit(await fakeFrame(4));
    expect(await problemCode(await fetch(`${url}/api/v1/streams/one/snapshot.jpg?${query}`))).toBe('BAD_REQUEST');
  });

  it('wakes a stream that idles and waits for its picture', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    feed.setState('idle');
    const response = fetch(`${url}/api/v1/streams/one/snapshot.jpg`);
    await expect.poll(() => feed.frameListeners.size).toBe(1);
    feed.emit(await fakeFrame(0));
    expect((await response).status).toBe(200);
    expect(feed.frameListeners.size).toBe(0);
  });

  it('never shows an old picture of a stream that is not live', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    feed.emit(await fakeFrame(0));
    feed.setState('failed', { code: 'CODEC_UNSUPPORTED', message: 'no decoder for x266', retryable: false });
    const response = await fetch(`${url}/api/v1/streams/one/snapshot.jpg`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'UNAVAILABLE',
      detail: 'stream "one" is failed: no decoder for x266; it has no picture',
    });
  });

  it('leaves no listener when its client leaves early', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    feed.setState('connecting');
    const impatient = new AbortController();
    const response = fetch(`${url}/api/v1/streams/one/snapshot.jpg`, { signal: impatient.signal });
    await expect.poll(() => feed.frameListeners.size).toBe(1);
    impatient.abort();
    await expect(response).rejects.toThrow();
    await expect.poll(() => feed.frameListeners.size).toBe(0);
  });
});

describe('an MJPEG stream', () => {
  it('brings picture after picture, counts as a viewer, and ends its interest with its client', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    const leaving = new AbortController();
    feed.emit(await fakeFrame(0));
    const response = await fetch(`${url}/api/v1/streams/one/stream.mjpeg?fps=30`, { signal: leaving.signal });
    expect(response.headers.get('content-type')).toBe('multipart/x-mixed-replace; boundary=maskcast-picture');
    let count = 0;
    try {
      for await (const jpeg of parts(response)) {
        expect((await sharp(jpeg).metadata()).width).toBe(320);
        count += 1;
        if (count === 1) {
          const view = await (await fetch(`${url}/api/v1/streams/one`)).json();
          expect(view).toMatchObject({ viewers: 1 });
        }
        if (count === 3) leaving.abort();
        feed.emit(await fakeFrame(count));
      }
    } catch (error) {
      expect(error).toMatchObject({ name: 'AbortError' });
    }
    expect(count).toBe(3);
    await expect.poll(() => feed.frameListeners.size).toBe(0);
  });

  it('turns dark when the stream is lost', async () => {
    const { url, streams } = await startDelivery();
    const feed = streams.feed('one');
    feed.emit(await fakeFrame(0));
    const leaving = new AbortController();
    const pictures = parts(await fetch(`${url}/api/v1/streams/one/stream.mjpeg`, { signal: leaving.signal }));
    const bright = (await pictures.next()).value as Buffer;
    feed.setState('reconnecting');
    const dark = (await pictures.next()).value as Buffer;
    expect((await colorAt(bright, 300, 10))[0]).toBeGreaterThan(120);
    expect((await colorAt(dark, 300, 10))[0]).toBeLessThan(60);
    leaving.abort();
    await pictures.return(undefined).catch(() => {});
  });

  it('whose client reads nothing costs no memory and holds up nobody', async () => {
    const { url, port, streams } = await startDelivery();
    const feed = streams.feed('one');
    const large = { picture: { width: 1280, height: 720 }, noise: true };
    const stuck = request({ port, path: '/api/v1/streams/one/stream.mjpeg?fps=30' }, (response) => response.pause());
    stuck.on('error', () => {});
    stuck.end();
    const leaving = new AbortController();
    const response = await fetch(`${url}/api/v1/streams/one/stream.mjpeg?fps=30`, { signal: leaving.signal });
    const reading = parts(response);
    await expect.poll(() => feed.frameListeners.size).toBe(1); // one style: one channel
    const frames = await Promise.all(Array.from({ length: 40 }, (_, n) => fakeFrame(n, large)));
    for (const frame of frames) {
      feed.emit(frame);
      await reading.next();
    }
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const drops = Number(/maskcast_dropped_frames_total\{stream="one",cause="viewer-slow"\} (\d+)/.exec(metrics)?.[1]);
    expect(drops).toBeGreaterThan(10);
    leaving.abort();
    stuck.destroy();
    await reading.return(undefined).catch(() => {});
  });

  it('of a stream that does not exist is a problem, not a broken picture', async () => {
    const { url } = await startDelivery();
    expect(await problemCode(await fetch(`${url}/api/v1/streams/two/stream.mjpeg`))).toBe('NOT_FOUND');
  });

  it('is refused to one viewer too many', async () => {
    const { url, streams } = await startDelivery({ config: { ...LOCAL, maxViewers: 1 } });
    streams.feed('one').emit(await fakeFrame(0));
    const leaving = new AbortController();
    const path = `${url}/api/v1/streams/one/stream.mjpeg`;
    const first = await fetch(path, { signal: leaving.signal });
    const second = await fetch(path);
    expect([second.status, await problemCode(second)]).toEqual([503, 'UNAVAILABLE']);
    leaving.abort();
    await first.arrayBuffer().catch(() => {});
    await expect.poll(async () => (await fetch(path, { method: 'HEAD' })).status).toBe(200);
  });
});
