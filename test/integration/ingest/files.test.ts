import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import type { ErrorCode } from '../../../src/core/errors.js';
import type { Frame } from '../../../src/core/frame.js';
import type { FileSource } from '../../../src/core/source.js';
import { ms, seconds, toSeconds } from '../../../src/core/time.js';
import { openSource } from '../../../src/ingest/open.js';
import type { RecordedOptions } from '../../../src/ingest/options.js';
import type { RecordedSource } from '../../../src/ingest/recorded-source.js';
import { parseSource } from '../../../src/media/address/source.js';
import { probe } from '../../../src/media/probe.js';
import { isSinglePicture } from '../../../src/media/single-picture.js';
import { ffmpegPids, recorded } from '../../support/ingest.js';
import { type ClipName, clip } from '../../support/media/clips.js';
import { installedFfmpegs } from '../../support/tools.js';

interface Seen {
  readonly source: RecordedSource;
  readonly frames: readonly Frame[];
}

/** Reads a clip to its end; looks at each frame before its pixels go back. */
async function read(
  name: ClipName,
  options: Partial<RecordedOptions> = {},
  look: (frame: Frame) => void = () => {},
): Promise<Seen> {
  const source = openSource(parseSource(await clip(name)), recorded(options));
  const frames: Frame[] = [];
  for await (const frame of source.frames()) {
    look(frame);
    frame.pixels.release();
    frames.push(frame);
  }
  return { source, frames };
}

/** The pts of every frame as ffprobe decodes them. */
async function trueTicks(name: ClipName): Promise<number[]> {
  const entries = ['-select_streams', 'v:0', '-show_entries', 'frame=pts', '-of', 'csv=p=0'];
  const { stdout } = await promisify(execFile)('ffprobe', ['-v', 'error', ...entries, await clip(name)]);
  return stdout
    .split('\n')
    .filter((line) => /\d/.test(line))
    .map((line) => Number.parseInt(line, 10));
}

const ticks = (frames: readonly Frame[]) => frames.map((frame) => frame.pts.ticks);

/** Clip, frames, and whether it depends on the version of ffmpeg enough to be read with each. */
const CLIPS: readonly (readonly [ClipName, number, boolean])[] = [
  ['h264', 50, true],
  ['h265_10bit', 25, false],
  ['vp9', 25, false],
  ['av1', 25, false],
  ['mjpeg', 25, false],
  ['gif', 10, false],
  ['variable_rate', 50, true],
  ['starts_at_10s', 25, true],
  ['equal_times', 25, true],
  ['odd_size', 25, false],
  ['anamorphic', 25, false],
  ['interlaced', 25, true],
  ['rotated', 50, true],
  ['one_frame', 1, false],
  ['one_jpeg', 1, false],
  ['tiny', 25, false],
];

describe.each(installedFfmpegs())('with ffmpeg of $label', (tools) => {
  it('picture, pixels and pts of a frame are of the same frame', async () => {
    const shades: number[] = [];
    const { frames } = await read('numbered', tools, (frame) => shades.push(frame.pixels.data[0] as number));
    expect(frames).toHaveLength(50);
    for (const [n, frame] of frames.entries()) {
      expect(frame.number).toBe(n);
      expect(toSeconds(frame.pts)).toBeCloseTo(n / 25, 3);
      // Limited-range luma 16 + 4n, as RGB.
      const grey = Math.min(255, Math.round((4 * n * 255) / 219));
      expect(Math.abs((shades[n] as number) - grey)).toBeLessThanOrEqual(2);
      const { data, info } = await sharp(frame.jpeg).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([96, 64]);
      expect(Math.abs((data[0] as number) - grey)).toBeLessThanOrEqual(4);
    }
  });

  it.each(tools.label === 'system' ? CLIPS : CLIPS.filter(([, , everywhere]) => everywhere))(
    'every frame of %s comes once, with the pts of the container',
    async (name, count) => {
      const { source, frames } = await read(name, tools);
      expect(frames.map((frame) => frame.number)).toEqual(Array.from({ length: count }, (_, n) => n));
      expect(ticks(frames)).toEqual(await trueTicks(name));
      expect(frames.map((frame) => frame.discontinuity)).toEqual(frames.map((_, n) => n === 0));
      expect(source.counts).toMatchObject({ decoded: count, delivered: count, corrupt: 0 });
      expect(source.status.state).toBe('stopped');
    },
  );
});

describe('what a probe says', () => {
  const ask = async (name: ClipName) =>
    probe(parseSource(await clip(name)), {
      ffmpegPath: 'ffmpeg',
      ffprobePath: 'ffprobe',
      clock: systemClock,
      connectTimeout: ms(10_000),
      signal: new AbortController().signal,
    });

  it('of an ordinary file', async () => {
    expect((await ask('h264')).info).toEqual({
      container: 'mov,mp4,m4a,3gp,3g2,mj2',
      codec: 'h264',
      profile: 'Main',
      pixelFormat: 'yuv420p',
      width: 320,
      height: 240,
      rotation: 0,
      fps: 25,
      duration: 2,
      frames: 50,
      audio: { codec: 'aac', channels: 1, sampleRate: 44_100 },
      live: false,
    });
  });

  it.each<[ClipName, object]>([
    ['rotated', { width: 240, height: 320, rotation: 90 }],
    ['anamorphic', { width: 384, height: 288 }],
    ['odd_size', { width: 321, height: 241 }],
    ['tiny', { width: 16, height: 16 }],
    ['one_frame', { frames: 1 }],
    ['h265_10bit', { codec: 'hevc', pixelFormat: 'yuv420p10le' }],
    ['vp9', { codec: 'vp9', audio: undefined }],
    ['av1', { codec: 'av1' }],
    ['eight_k', { width: 7680, height: 4320 }],
  ])('of %s', async (name, info) => expect((await ask(name)).info).toMatchObject(info));

  it('of interlaced pictures, so that they get deinterlaced', async () => {
    expect((await ask('interlaced')).interlaced).toBe(true);
    expect((await ask('h264')).interlaced).toBe(false);
  });

  it.each<[ClipName, object]>([
    ['interlaced_by_frames', { interlaced: true, fieldOrder: undefined }],
    ['interlaced_unsaid', { interlaced: true, fieldOrder: 'bff' }],
    ['mjpeg', { interlaced: false }],
    ['gif', { interlaced: false }],
  ])('of fields where the header is silent is what the frames look like: %s', async (name, fields) => {
    const { interlaced, fieldOrder } = await ask(name);
    expect({ interlaced, fieldOrder }).toEqual({ fieldOrder: undefined, ...fields });
  });

  it.each<[ClipName, boolean]>([
    ['one_jpeg', true],
    ['gif', false],
    ['one_frame', false],
    ['mjpeg', false],
  ])('whether it is a single picture: %s', async (name, single) => {
    const source = parseSource(await clip(name)) as FileSource;
    const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe' };
    expect(await isSinglePicture(tools, source, await ask(name))).toBe(single);
  });

  it.each<[ClipName, ErrorCode, string]>([
    ['text', 'NOT_VIDEO', 'no video that ffmpeg can read'],
    ['zero_bytes', 'NOT_VIDEO', 'the file is empty (0 bytes)'],
    ['audio_only', 'NOT_VIDEO', 'only audio (aac)'],
    ['audio_with_cover', 'NOT_VIDEO', 'only audio (aac)'],
    ['unknown_codec', 'CODEC_UNSUPPORTED', 'xyz1'],
    ['encrypted', 'CODEC_UNSUPPORTED', 'encrypted (DRM)'],
    ['truncated_without_index', 'CORRUPT', 'moov atom not found'],
    ['beyond_8k', 'SIZE_UNSUPPORTED', 'received 16400×64'],
    ['playlist_to_passwd', 'NOT_VIDEO', 'playlists'],
    ['script_to_passwd', 'NOT_VIDEO', 'playlists'],
  ])('of %s is the reason why not: %s', async (name, code, words) => {
    await expect(ask(name)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it.each([
    ['/nowhere/a.mp4', 'NOT_FOUND', 'no such file'],
    ['camera.local/live', 'NOT_FOUND', "a camera's address begins with rtsp://"],
    ['/', 'NOT_VIDEO', 'a folder'],
    ['/dev/video97', 'NOT_FOUND', 'no such'],
  ])('of %s is %s', async (path, code, words) => {
    const options = {
      ffmpegPath: 'ffmpeg',
      ffprobePath: 'ffprobe',
      clock: systemClock,
      connectTimeout: ms(10_000),
      signal: new AbortController().signal,
    };
    await expect(probe(parseSource(path), options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  it('without ffprobe is what to install', async () => {
    const options = {
      ffmpegPath: 'ffmpeg',
      ffprobePath: '/nowhere/ffprobe',
      clock: systemClock,
      connectTimeout: ms(10_000),
      signal: new AbortController().signal,
    };
    await expect(probe(parseSource(await clip('h264')), options)).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringContaining('install ffmpeg'),
    });
  });
});

describe('a recording', () => {
  it('waits for its consumer, loses nothing, and lends no more planes than agreed', async () => {
    const held: Frame[] = [];
    const source = openSource(parseSource(await clip('h264')), recorded());
    for await (const frame of source.frames()) {
      held.push(frame);
      if (held.length > 8) held.shift()?.pixels.release();
      if (frame.number % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
    }
    for (const frame of held) frame.pixels.release();
    expect(source.counts.delivered).toBe(50);
  });

  it('makes no pictures where nobody wants them', async () => {
    const { frames } = await read('h264', { pictures: false });
    expect(frames).toHaveLength(50);
    expect(frames.every((frame) => frame.jpeg === undefined)).toBe(true);
  });

  it('gives the frames of a range: the first at its beginning, none at its end', async () => {
    const range = { from: seconds(0.4), to: seconds(1.2) };
    const { frames } = await read('h264', { range });
    const all = await trueTicks('h264');
    expect(ticks(frames)).toEqual(all.slice(10, 30));
    const late = await read('starts_at_10s', { range: { from: seconds(0.4), to: seconds(0.8) } });
    expect(ticks(late.frames)).toEqual((await trueTicks('starts_at_10s')).slice(10, 20));
  });

  it('gives every nth frame, or so many a second, at their own times', async () => {
    const all = await trueTicks('h264');
    const everyTenth = await read('h264', { sampling: { kind: 'every', frames: 10 } });
    expect(ticks(everyTenth.frames)).toEqual(all.filter((_, n) => n % 10 === 0));
    const fivePerSecond = await read('h264', { sampling: { kind: 'rate', fps: 5 } });
    expect(ticks(fivePerSecond.frames)).toEqual(all.filter((_, n) => n % 5 === 0));
    const faster = await read('h264', { sampling: { kind: 'rate', fps: 100 } });
    expect(faster.frames).toHaveLength(50);
  });

  it('starts again where it loops, with numbers that go on', async () => {
    const source = openSource(parseSource(await clip('one_frame')), recorded({ loop: true }));
    const seen: [number, boolean][] = [];
    for await (const frame of source.frames()) {
      frame.pixels.release();
      seen.push([frame.number, frame.discontinuity]);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([
      [0, true],
      [1, true],
      [2, true],
    ]);
  });

  it('that is truncated gives what can be decoded, and says where it broke', async () => {
    const { source, frames } = await read('truncated');
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.length).toBeLessThan(50);
    expect(source.counts.corrupt).toBeGreaterThan(0);
    expect(source.counts.warnings[0]?.frame).toBeLessThan(frames.length);
  });

  it('with damage in the middle goes on behind it', async () => {
    const { source, frames } = await read('corrupted');
    const last = frames.at(-1);
    expect(last && toSeconds(last.pts) - toSeconds((frames[0] as Frame).pts)).toBeGreaterThan(3.8);
    expect(source.counts.corrupt).toBeGreaterThan(0);
  });

  it('that changes its size goes on in the size it began with, and is marked', async () => {
    const { source, frames } = await read('size_change');
    expect(frames).toHaveLength(50);
    expect(new Set(frames.map((frame) => frame.pixels.data.length))).toEqual(new Set([64 * 64 * 3]));
    expect(source.counts.warnings.some(({ text }) => text.includes('320×240 to 640×360'))).toBe(true);
  });

  it('of 8K comes out small', async () => {
    const { frames } = await read('eight_k');
    expect(frames).toHaveLength(2);
    expect(frames[0]?.geometry).toMatchObject({
      source: { width: 7680, height: 4320 },
      picture: { width: 320, height: 180 },
    });
  });

  it.each<[ClipName, ErrorCode]>([
    ['text', 'NOT_VIDEO'],
    ['zero_bytes', 'NOT_VIDEO'],
    ['audio_only', 'NOT_VIDEO'],
    ['truncated_without_index', 'CORRUPT'],
    ['beyond_8k', 'SIZE_UNSUPPORTED'],
  ])('of %s throws %s and is failed', async (name, code) => {
    const source = openSource(parseSource(await clip(name)), recorded());
    await expect(source.frames().next()).rejects.toMatchObject({ code });
    expect(source.status).toMatchObject({ state: 'failed', reason: { code } });
    await source.close();
    expect(source.status.state).toBe('failed');
  });

  it('whose ffmpeg is killed half-way fails: it does not look like the end', async () => {
    const source = openSource(parseSource(await clip('h264')), recorded());
    const reading = (async () => {
      for await (const frame of source.frames()) {
        frame.pixels.release();
        if (frame.number === 5) for (const pid of await ffmpegPids()) process.kill(pid, 'SIGKILL');
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'FFMPEG_FAILED', message: expect.stringContaining('SIGKILL') });
  });

  it('can be closed at any moment, as often as one likes', async () => {
    for (const frames of [0, 1, 7]) {
      const source = openSource(parseSource(await clip('h264')), recorded());
      const iterator = source.frames();
      for (let n = 0; n < frames; n++) (await iterator.next()).value?.pixels.release();
      await Promise.all([source.close(), source.close()]);
      await source.close();
      expect((await iterator.next()).done).toBe(true);
      expect(source.status.state).toBe('stopped');
    }
  });
});
