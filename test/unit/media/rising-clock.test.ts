import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { MediaFacts } from '../../../src/media/facts.js';
import { lapOf, RisingClock, rising, unfolding } from '../../../src/media/rising-clock.js';
import { seekPositions } from '../../../src/media/seek.js';

const run = promisify(execFile);

const timeBase = { num: 1, den: 90_000 };
const lap = lapOf({ timeBase, duration: 60 });

/** What a source's clock may say, frame by frame, in ticks. */
const CLOCKS: Readonly<Record<string, readonly number[]>> = {
  'joined twice': [0, 3600, 7200, 0, 3600, 7200, 0, 3600],
  'an hour back': [324_000_000, 324_003_600, 126_000, 129_600, 133_200],
  'equal times': [100, 3700, 3700, 3700, 7300, 10_900],
  'one stray frame behind': [7200, 10_800, 14_400, 300, 21_600, 25_200],
  'a pause, then a jump': [0, 3600, 900_000, 903_600, 10, 3610],
  'below 0': [-7200, -3600, 0, 3600, 0],
};

const times = (own: readonly number[]) => {
  let laps = 0;
  const clock = new RisingClock(lap, timeBase);
  return own.map((ticks, index) => {
    if (index > 0 && ticks < (own[index - 1] as number)) laps += 1;
    return clock.next(ticks + laps * lap);
  });
};

describe('a clock that always rises', () => {
  it.each(Object.entries(CLOCKS))('%s: goes on, and knows what the source said', (_, own) => {
    const found = times(own);
    expect(found.map((each) => each.own)).toEqual(own);
    for (const [index, { ticks }] of found.entries()) {
      if (index > 0) expect(ticks).toBeGreaterThan((found[index - 1] as { ticks: number }).ticks);
    }
  });

  it('goes on by one step at a jump, and by as much as the source everywhere else', () => {
    const ticks = (name: string) => times(CLOCKS[name] as number[]).map((each) => each.ticks);
    expect(ticks('joined twice')).toEqual([0, 3600, 7200, 10_800, 14_400, 18_000, 21_600, 25_200]);
    expect(ticks('equal times')).toEqual([100, 3700, 3701, 3702, 7300, 10_900]);
    expect(ticks('one stray frame behind')).toEqual([7200, 10_800, 14_400, 18_000, 21_600, 25_200]);
    expect(ticks('a pause, then a jump')).toEqual([0, 3600, 900_000, 903_600, 907_200, 910_800]);
  });

  it.each(Object.entries(CLOCKS))('is the same in ffmpeg’s filters, from any frame on: %s', async (_, own) => {
    const found = times(own);
    for (const from of [0, 2, 3]) {
      const first = found[from] as (typeof found)[number];
      const said = own.reduceRight((rest, ticks, index) => `if(eq(N,${index}),${ticks},${rest})`, '0');
      const skip = `select='gt(st(0,ld(0)+gte(pts,${first.unfolded})),${first.twins})'`;
      const graph = `nullsrc=s=2x2:r=1,trim=end_frame=${own.length},settb=1/90000,setpts='${said}',${unfolding(lap)},${skip},${rising(lap, timeBase, first)}`;
      const output = ['-fps_mode', 'passthrough', '-enc_time_base', '1/90000', '-f', 'framecrc', '-'];
      const { stdout } = await run('ffmpeg', ['-v', 'error', '-filter_complex', graph, ...output]);
      const rows = stdout.split('\n').filter((line) => line.startsWith('0,'));
      const ticks = rows.map((line) => Number(line.split(',')[2]));
      expect(ticks).toEqual(found.slice(from).map((each) => each.ticks - first.ticks));
    }
  });
});

describe('where a recording is opened', () => {
  const facts = (container: string, more = {}) =>
    ({ info: { container }, start: 1.4, keyInterval: 4, ...more }) as unknown as MediaFacts;

  it('is shortly before the time where an index leads to the key frame', () => {
    expect(seekPositions(facts('mov,mp4,m4a,3gp,3g2,mj2'), 101.4)).toEqual([99, 82, 0]);
  });

  it('is more than a key frame’s distance before where none does', () => {
    expect(seekPositions(facts('mpegts'), 101.4)).toEqual([90, 64, 0]);
    expect(seekPositions(facts('mpeg'), 6.4)).toEqual([0]);
    expect(seekPositions(facts('mpegts', { keyInterval: undefined }), 101.4)).toEqual([88, 60, 0]);
  });

  it.each(['h264', 'hevc', 'm4v', 'mpegvideo', 'obu', 'mjpeg'])('is the beginning without times: %s', (container) => {
    expect(seekPositions(facts(container), 1000)).toEqual([0]);
  });

  it('is the beginning where the clock jumps back', () => {
    expect(seekPositions(facts('mpegts', { jumps: 1 }), 1000)).toEqual([0]);
  });
});
