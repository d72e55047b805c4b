import { describe, expect, it } from 'vitest';
import { PackedFrame, packFrame } from '../../../../src/delivery/wire/pack.js';
import { decodeFrame, readInspection, readMask } from '../../../../src/delivery/wire/protocol.js';
import { fakeFrame } from '../../../support/fakes/fake-streams.js';

describe('packing', () => {
  it('keeps number, times, sizes, picture and labels of the frame, and confidence to within 8', async () => {
    const frame = await fakeFrame(12);
    frame.mask.confidence.forEach((_, i) => {
      frame.mask.confidence[i] = i % 256;
    });
    const message = decodeFrame(packFrame(frame, 3));
    expect(message).toMatchObject({
      number: 12,
      revision: 3,
      capturedAt: frame.capturedAt,
      pts: frame.pts,
      picture: frame.geometry.picture,
      maskSize: frame.mask.size,
      origin: 'inferred',
    });
    expect(Buffer.from(message.jpeg).equals(Buffer.from(frame.jpeg ?? []))).toBe(true);
    const { labels, confidence } = await readMask(message);
    expect(labels).toEqual(frame.mask.labels);
    const steps = new Set(confidence);
    expect([...steps].every((value) => value % 17 === 0)).toBe(true);
    expect(confidence?.every((value, i) => Math.abs(value - (frame.mask.confidence[i] ?? 0)) <= 8)).toBe(true);
  });

  it('happens when somebody asks, once, and is timed', async () => {
    const times: number[] = [];
    const packed = new PackedFrame(await fakeFrame(1), 1, (took) => times.push(took));
    expect(times).toEqual([]);
    const first = packed.bytes({ inspect: false });
    expect(packed.bytes({ inspect: false })).toBe(first);
    expect(packed.bytes({ inspect: true })).toBe(first);
    expect(times).toHaveLength(1);
  });

  it('adds the inspection for those who asked, once, and leaves it out for the others', async () => {
    const frame = await fakeFrame(1);
    const motion = Int8Array.of(1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12, 13, -14, 15, -16, 17, -18, 19, -20);
    const inspection = { columns: 5, rows: 2, motion, trust: new Uint8Array(40 * 30).fill(100) };
    const packed = new PackedFrame({ ...frame, mask: { ...frame.mask, inspection } }, 1, () => {});
    expect(decodeFrame(packed.bytes({ inspect: false })).inspection).toBeUndefined();
    const inspected = packed.bytes({ inspect: true });
    expect(packed.bytes({ inspect: true })).toBe(inspected);
    const read = await readInspection(decodeFrame(inspected));
    expect(read).toMatchObject({ columns: 5, rows: 2, trustSize: { width: 40, height: 30 } });
    expect([...(read?.motion ?? [])]).toEqual([...motion]);
    expect(new Set(read?.trust)).toEqual(new Set([102]));
  });

  it('of a frame without a picture gives an empty one', async () => {
    expect(decodeFrame(packFrame({ ...(await fakeFrame(1)), jpeg: undefined }, 1)).jpeg).toHaveLength(0);
  });
});
