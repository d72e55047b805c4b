import { describe, expect, it } from 'vitest';
import type { PixelLease } from '../../../src/core/frame.js';
import { type DecodedFrame, FrameAssembler } from '../../../src/ingest/assembler.js';

function parts(n: number) {
  const released: number[] = [];
  const plane = (i: number): PixelLease => ({
    data: new Uint8Array(new SharedArrayBuffer(1)).fill(i),
    retain: () => {},
    release: () => released.push(i),
  });
  const picture = (i: number) => Uint8Array.of(i);
  const timing = (i: number) => ({ pts: { ticks: i, timeBase: { num: 1, den: 25 } }, duration: 1 });
  return { released, plane, picture, timing, indices: Array.from({ length: n }, (_, i) => i) };
}

function expectMatching(frames: readonly DecodedFrame[], count: number): void {
  expect(frames.map((frame) => frame.index)).toEqual(Array.from({ length: count }, (_, i) => i));
  for (const { index, jpeg, pixels, timing } of frames) {
    expect([jpeg?.[0], pixels.data[0], timing.pts.ticks]).toEqual([index, index, index]);
  }
}

describe('parts of frames', () => {
  it('meet by their index, whichever output runs ahead', () => {
    const orders: ('picture' | 'plane' | 'timing')[][] = [
      ['picture', 'plane', 'timing'],
      ['timing', 'picture', 'plane'],
      ['plane', 'timing', 'picture'],
    ];
    for (const order of orders) {
      const { plane, picture, timing, indices } = parts(5);
      const frames: DecodedFrame[] = [];
      const assembler = new FrameAssembler(true, (frame) => frames.push(frame));
      const give = {
        picture: (i: number) => assembler.picture(picture(i)),
        plane: (i: number) => assembler.plane(plane(i)),
        timing: (i: number) => assembler.timing(timing(i)),
      };
      for (const kind of order) indices.forEach(give[kind]);
      expectMatching(frames, 5);
    }
  });

  it('meet when they come mixed at random', () => {
    const { plane, picture, timing } = parts(200);
    const frames: DecodedFrame[] = [];
    const assembler = new FrameAssembler(true, (frame) => frames.push(frame));
    const next = [0, 0, 0];
    let state = 1;
    while (next.some((n) => n < 200)) {
      state = (state * 48_271) % 2_147_483_647;
      const which = state % 3;
      const i = next[which] as number;
      if (i === 200) continue;
      next[which] = i + 1;
      if (which === 0) assembler.picture(picture(i));
      if (which === 1) assembler.plane(plane(i));
      if (which === 2) assembler.timing(timing(i));
    }
    expectMatching(frames, 200);
  });

  it('need no picture where none is made', () => {
    const { plane, timing } = parts(1);
    const frames: DecodedFrame[] = [];
    const assembler = new FrameAssembler(false, (frame) => frames.push(frame));
    assembler.plane(plane(0));
    assembler.timing(timing(0));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.jpeg).toBeUndefined();
  });

  it('of a skipped frame are dropped together, and the numbers go on', () => {
    const { plane, picture, timing, indices } = parts(3);
    const frames: DecodedFrame[] = [];
    const assembler = new FrameAssembler(true, (frame) => frames.push(frame));
    for (const i of indices) {
      assembler.plane(i === 1 ? undefined : plane(i));
      assembler.picture(picture(i));
      assembler.timing(timing(i));
    }
    expect(frames.map(({ index, jpeg, timing: { pts } }) => [index, jpeg?.[0], pts.ticks])).toEqual([
      [0, 0, 0],
      [2, 2, 2],
    ]);
    expect([assembler.count, assembler.skipped]).toEqual([3, 1]);
  });

  it('that never become whole give their planes back', () => {
    const { released, plane, picture } = parts(3);
    const assembler = new FrameAssembler(true, () => {});
    assembler.plane(plane(0));
    assembler.plane(plane(1));
    assembler.picture(picture(0));
    expect(assembler.close()).toBe(2);
    expect(released).toEqual([0, 1]);
  });
});
