import { describe, expect, it } from 'vitest';
import { seconds } from '../../../src/core/time.js';
import { openSource } from '../../../src/ingest/open.js';
import type { RecordedOptions } from '../../../src/ingest/options.js';
import { pixelDigest } from '../../../src/ingest/pixels.js';
import { parseSource } from '../../../src/media/address/source.js';
import type { ResumePoint } from '../../../src/media/selection.js';
import { recorded } from '../../support/ingest.js';
import { type ClipName, clip } from '../../support/media/clips.js';

interface Seen {
  readonly number: number;
  readonly ticks: number;
  readonly pixels: string;
}

async function read(name: ClipName, change: Partial<RecordedOptions>) {
  const source = openSource(parseSource(await clip(name)), recorded({ pictures: false, ...change }));
  const frames: Seen[] = [];
  let origin: ResumePoint['origin'] | undefined;
  for await (const { number, pts, pixels } of source.frames()) {
    origin ??= pts;
    frames.push({ number, ticks: pts.ticks, pixels: pixelDigest(pixels.data) });
    pixels.release();
  }
  return { frames, origin, counts: source.counts };
}

describe('a recording that is resumed', () => {
  it.each([
    ['h264', {}],
    ['starts_at_10s', {}],
    ['variable_rate', {}],
    ['gif', {}],
    ['h264', { sampling: { kind: 'every', frames: 3 } }],
    ['variable_rate', { sampling: { kind: 'rate', fps: 7 } }],
    ['h264', { range: { from: seconds(0.3), to: seconds(1.5) } }],
  ] as const)('goes on with the very frames of an undisturbed one: %s %o', async (name, change) => {
    const whole = await read(name, change);
    const at = Math.floor(whole.frames.length * 0.6);
    const last = whole.frames[at] as Seen;
    const timeBase = whole.origin?.timeBase ?? { num: 1, den: 1 };
    const resume: ResumePoint = {
      number: last.number,
      pts: { ticks: last.ticks, timeBase },
      pixels: last.pixels,
      seek: seconds(0.1),
      origin: whole.origin ?? { ticks: 0, timeBase },
      step: 1,
    };
    const rest = await read(name, { ...change, resume });
    expect(rest.frames).toEqual(whole.frames.slice(at));
    expect(rest.counts).toMatchObject({ delivered: whole.counts.delivered, corrupt: 0 });
  });

  it('begins at the beginning where the seek does not lead to the frame that is known', async () => {
    const whole = await read('h264', {});
    const last = whole.frames[30] as Seen;
    const origin = whole.origin ?? { ticks: 0, timeBase: { num: 1, den: 1 } };
    const known = { number: 30, pts: { ...origin, ticks: last.ticks }, pixels: last.pixels, origin, step: 1 };
    const elsewhere = { ...known.pts, ticks: last.ticks + 1 };
    for (const wrong of [{ pixels: 'of another decoder' }, { pts: elsewhere }]) {
      const again = await read('h264', { resume: { seek: seconds(0.1), ...known, ...wrong } });
      expect(again.frames).toEqual(whole.frames);
    }
  });
});
