import { afterEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/core/frame.js';
import { ms, toSeconds } from '../../../src/core/time.js';
import { openSource } from '../../../src/ingest/open.js';
import { parseSource } from '../../../src/media/address/source.js';
import { TestCamera } from '../../support/cameras/rtsp-server.js';
import { children, live, openDescriptors } from '../../support/ingest.js';
import { ask, closeAfterwards, PASSWORD, tidyUp, USER, watch } from '../../support/live.js';
import { clip } from '../../support/media/clips.js';
import { installedFfmpegs } from '../../support/tools.js';

afterEach(tidyUp);

async function camera(config: Parameters<typeof TestCamera.start>[0] = {}): Promise<TestCamera> {
  const started = await TestCamera.start(config);
  closeAfterwards(() => started.kill());
  return started;
}

/** Numbers only grow: they go on across whatever happened. */
function expectGrowing(numbers: readonly number[]): void {
  expect(numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number))).toBe(true);
}

describe('an RTSP camera', () => {
  it.each([
    ['h264', 'tcp', 'digest'],
    ['h264', 'udp', 'digest'],
    ['h265', 'tcp', 'basic'],
    ['mjpeg', 'tcp', 'digest'],
  ] as const)(
    'with %s over %s and %s log-in is live, and shows no password to other users',
    async (codec, transport, auth) => {
      const { url } = await camera({ codec, auth, user: USER, password: PASSWORD });
      const watcher = watch({ url, user: USER, password: PASSWORD, transport });
      await watcher.frames(10);
      expect(watcher.status).toMatchObject({ state: 'live', reason: undefined, losses: 0 });
      expect(watcher.newest?.geometry.source).toEqual({ width: 320, height: 240 });
      const lines = (await children()).filter((line) => line.includes('ffmpeg'));
      expect(lines).toHaveLength(1);
      expect(lines.join()).not.toMatch(/127\.0\.0\.1|ad@min|ad%40min|p@ss|p%40ss/);
    },
  );

  it.each(installedFfmpegs())('is live with ffmpeg of $label', async (tools) => {
    const { url } = await camera({ user: USER, password: PASSWORD });
    const watcher = watch({ url, user: USER, password: PASSWORD }, tools);
    await watcher.frames(5);
    await watcher.close();
    expect(watcher.states).toEqual(['connecting', 'live', 'stopped']);
  });

  it.each(['before', 'after'] as const)('that lists sound %s its video is live', async (sound) => {
    const { url } = await camera({ sound });
    expect((await ask({ url })).info).toMatchObject({ codec: 'h264', audio: { codec: 'pcm_mulaw' } });
    await watch({ url }).frames(5);
  });

  it('is what a probe says it is', async () => {
    const { url } = await camera({ codec: 'h265' });
    const { info } = await ask({ url });
    expect(info).toMatchObject({ container: 'rtsp', codec: 'hevc', width: 320, height: 240, live: true });
    expect(info.duration).toBeUndefined();
  });

  it('that refuses the password says so, is tried slowly, and never shows it', async () => {
    const { url } = await camera({ user: USER, password: PASSWORD });
    const watcher = watch({ url, user: USER, password: 'wr@ng/one' }, { retry: { ...live().retry, auth: ms(60_000) } });
    await watcher.state('reconnecting');
    expect(watcher.status.reason?.code).toBe('AUTH_FAILED');
    expect(watcher.status.retryAt).toBeGreaterThan(Date.now() + 30_000);
    expect(JSON.stringify(watcher.status)).not.toMatch(/wr@ng|wr%40ng/);
    await expect(ask({ url, user: USER, password: 'wr@ng/one' })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    await watcher.close();
    const second = watch({ url, user: USER, password: PASSWORD });
    await second.frames(3);
  });

  it('that refused the password and then accepts it becomes live by itself', async () => {
    const device = await camera({ user: USER, password: 'old one' });
    const watcher = watch({ url: device.url, user: USER, password: PASSWORD });
    await watcher.until('a refusal', () => watcher.status.reason?.code === 'AUTH_FAILED');
    await device.restart({ password: PASSWORD });
    await watcher.frames(3);
    expect(watcher.status.reason).toBeUndefined();
  });

  it.each([
    ['at a path that it does not have', 'NOT_FOUND', (url: string) => url.replace('/live', '/other')],
    ['at a port where nothing listens', 'CONNECTION_FAILED', () => 'rtsp://127.0.0.1:1/live'],
    ['at a name that does not exist', 'CONNECTION_FAILED', () => 'rtsp://camera.invalid/live'],
    ['spoken to in TLS', 'TLS', (url: string) => url.replace('rtsp:', 'rtsps:')],
  ])('%s is %s', async (_, code, change) => {
    const { url } = await camera();
    await expect(ask({ url: change(url) })).rejects.toMatchObject({ code });
  });

  it('that is switched off and on comes back, and its frames go on counting', async () => {
    const device = await camera();
    const watcher = watch(device.url);
    await watcher.frames(10);
    await device.kill();
    await watcher.state('reconnecting');
    await watcher.until('a refused connection', () => watcher.status.reason?.code === 'CONNECTION_FAILED');
    await device.restart();
    await watcher.frames(10);
    expect(watcher.status).toMatchObject({ state: 'live', losses: 1 });
    expect(watcher.discontinuities).toBe(2);
    expectGrowing(watcher.numbers);
  });

  it('that hangs for a moment is stalled, then live with a discontinuity', async () => {
    const device = await camera();
    const watcher = watch(device.url);
    await watcher.frames(10);
    device.freeze();
    await watcher.state('stalled');
    expect(watcher.status.reason).toMatchObject({ code: 'TIMEOUT' });
    expect(watcher.status.lastFrameAt).toBeLessThan(Date.now() - 500);
    device.thaw();
    await watcher.state('live');
    await watcher.frames(5);
    expect(watcher.status.losses).toBe(0);
    expect(watcher.discontinuities).toBe(2);
  });

  it('that hangs for longer gets a new ffmpeg, again and again, until it answers', async () => {
    const device = await camera();
    const watcher = watch(device.url, { connectTimeout: ms(1000) });
    await watcher.frames(10);
    device.freeze();
    await watcher.until('a second try', () => watcher.states.join().includes('stalled,reconnecting'));
    expect(watcher.status.reason?.code).toBe('TIMEOUT');
    device.thaw();
    await watcher.frames(10);
    expect(watcher.status).toMatchObject({ state: 'live', losses: 1 });
    expect((await children()).filter((line) => line.includes('ffmpeg'))).toHaveLength(1);
  });

  it('that changes its picture size goes on in the new size', async () => {
    const device = await camera();
    const watcher = watch(device.url);
    await watcher.frames(10);
    device.change({ width: 640, height: 360 });
    await watcher.until('the new size', () => watcher.newest?.geometry.source.width === 640);
    await watcher.frames(10);
    expect(watcher.newest?.geometry).toMatchObject({
      source: { width: 640, height: 360 },
      picture: { width: 320, height: 180 },
    });
    expect(watcher.status).toMatchObject({ state: 'live', losses: 0 });
    expect(watcher.discontinuities).toBe(2);
    expectGrowing(watcher.numbers);
  });

  it('that changes its codec and rate goes on with the new ones', async () => {
    const device = await camera();
    const watcher = watch(device.url);
    await watcher.frames(10);
    device.change({ codec: 'h265', fps: 15, width: 352, height: 288 });
    await watcher.until('the new size', () => watcher.newest?.geometry.source.width === 352);
    await watcher.frames(5);
    expect(watcher.status.state).toBe('live');
  });

  it('can be stopped while it connects', async () => {
    const device = await camera();
    device.freeze();
    const watcher = watch(device.url);
    const probing = async () => (await children()).some((line) => line.includes('ffprobe'));
    await expect.poll(probing).toBe(true);
    const before = performance.now();
    await watcher.close();
    expect(performance.now() - before).toBeLessThan(1000);
    expect((await children()).some((line) => line.includes('ffprobe'))).toBe(false);
    expect(watcher.states).toEqual(['connecting', 'stopped']);
    expect(await watcher.ended).toBeUndefined();
  });

  it('that is frozen while live can be stopped, and leaves no ffmpeg', async () => {
    const device = await camera();
    const watcher = watch(device.url);
    await watcher.frames(3);
    device.freeze();
    await watcher.state('stalled');
    await watcher.close();
    expect((await children()).filter((line) => line.includes('ffmpeg'))).toEqual([]);
  });
});

it('without ffmpeg a source fails at once, and says what to install', async () => {
  for (const missing of [{ ffprobePath: '/nowhere/ffprobe' }, { ffmpegPath: '/nowhere/ffmpeg' }]) {
    const watcher = watch(await clip('h264'), missing);
    expect(await watcher.ended).toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringContaining('install ffmpeg'),
    });
    expect(watcher.status.state).toBe('failed');
  }
});

describe('many sources', () => {
  it('that come and go leave no process and no descriptor', async () => {
    const { url } = await camera();
    const file = await clip('h264');
    const once = async () => {
      const sources = [watch(url), watch(file), watch('rtsp://127.0.0.1:1/live'), watch(file)];
      await Promise.all(sources.slice(0, 2).map((source) => source.frames(1)));
      await Promise.all(sources.map((source) => source.close()));
    };
    await once();
    const before = openDescriptors();
    for (let round = 0; round < 3; round++) await once();
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    expect((await children()).filter((line) => /ffmpeg|ffprobe/.test(line))).toEqual([]);
  });

  it('do not notice when one of them dies', async () => {
    const [one, other] = [await camera(), await camera()];
    const [watcher, dying] = [watch(one.url), watch(other.url)];
    await Promise.all([watcher.frames(5), dying.frames(5)]);
    await other.kill();
    await dying.state('reconnecting');
    await watcher.frames(10);
    expect(watcher.states).toEqual(['connecting', 'live']);
  });
});

describe('a file that is served', () => {
  it('plays in real time and starts again without a break', async () => {
    const watcher = watch(await clip('h264'));
    const times: number[] = [];
    for (let n = 0; n < 70; n++) {
      await watcher.frames(1);
      times.push(performance.now());
    }
    // 2 s of 25 frames a second, then from the beginning.
    const elapsed = (times.at(-1) as number) - (times[0] as number);
    expect(elapsed).toBeGreaterThan(2600);
    expect(watcher.discontinuities).toBe(2);
    expect(watcher.newest && toSeconds(watcher.newest.pts)).toBeLessThan(1);
    expect(watcher.status).toMatchObject({ state: 'live', losses: 0 });
    expectGrowing(watcher.numbers);
  });

  it('that changes its size in the middle plays through, again and again', async () => {
    const watcher = watch(await clip('size_change'));
    await watcher.frames(60);
    expect(watcher.states).toEqual(['connecting', 'live']);
    expect(watcher.newest?.geometry.source).toEqual({ width: 320, height: 240 });
  });

  it('of one frame a second can be stopped between two of them', async () => {
    const watcher = watch(await clip('slow'), { stallTimeout: ms(500) });
    await watcher.frames(3);
    expect(watcher.states).toEqual(['connecting', 'live']);
    const before = performance.now();
    await watcher.close();
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('of one frame shows it once a second', async () => {
    const watcher = watch(await clip('one_frame'));
    await watcher.frames(3);
    expect(watcher.status.state).toBe('live');
    expect(watcher.discontinuities).toBe(3);
  });

  it('of 8K is shown, and does not hurt a stream beside it', async () => {
    const { url } = await camera();
    const beside = watch(url);
    await beside.frames(5);
    const huge = watch(await clip('eight_k'));
    await huge.frames(2, 30_000);
    await beside.frames(10);
    expect(beside.states).toEqual(['connecting', 'live']);
  });

  it.each(['text', 'audio_only', 'zero_bytes', 'truncated_without_index', 'beyond_8k'] as const)(
    'of %s fails at once: no retry can help',
    async (name) => {
      const watcher = watch(await clip(name));
      expect(await watcher.ended).toMatchObject({ name: 'MaskcastError' });
      expect(watcher.status.state).toBe('failed');
    },
  );

  it('whose consumer holds every plane drops frames and stays live', async () => {
    const { url } = await camera();
    const source = openSource(parseSource(url), live({ stallTimeout: ms(500) }));
    closeAfterwards(() => source.close());
    const held: Frame[] = [];
    for await (const frame of source.frames()) {
      held.push(frame);
      if (held.length > 12) frame.pixels.release();
      if (held.length === 12) {
        const dropped = source.dropped;
        // Longer than the stall timeout.
        await expect.poll(() => source.dropped).toBeGreaterThan(dropped + 20);
        expect(source.status).toMatchObject({ state: 'live', losses: 0 });
        for (const each of held) each.pixels.release();
      }
      if (held.length === 15) break;
    }
    expect(source.status.losses).toBe(0);
  });

  it('that is busy elsewhere loses frames, counts them, and gives their planes back', async () => {
    const source = openSource(parseSource(await clip('h264')), live());
    closeAfterwards(() => source.close());
    const numbers: number[] = [];
    for await (const frame of source.frames()) {
      numbers.push(frame.number);
      const { dropped } = source;
      await expect.poll(() => source.dropped, { interval: 10 }).toBeGreaterThan(dropped);
      frame.pixels.release();
      if (numbers.length === 8) break;
    }
    expect(source.dropped).toBeGreaterThanOrEqual(8);
    expect((numbers.at(-1) as number) + 1).toBeLessThanOrEqual(numbers.length + source.dropped + 1);
    expectGrowing(numbers);
  });
});
