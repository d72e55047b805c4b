import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../../../src/core/model.js';
import type { SegmentedFrame } from '../../../../src/core/ports.js';
import { blend } from '../../../../src/delivery/pictures/blend.js';
import { drawOffline } from '../../../../src/delivery/pictures/offline-picture.js';
import { drawnClasses, type OverlayStyle } from '../../../../src/delivery/pictures/overlay.js';
import { Painter } from '../../../../src/delivery/pictures/painter.js';
import { FAKE_MODEL, fakeFrame } from '../../../support/fakes/fake-streams.js';

const painter = new Painter();
afterAll(() => painter.close());
const draw = (frame: SegmentedFrame, model: ModelInfo, style: OverlayStyle) => painter.draw(frame, model, style);

const STYLE = { opacity: 0.5, outline: false, classes: undefined };

async function pixels(jpeg: Uint8Array) {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return {
    info,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)],
  };
}

const near = (values: number[], tolerance = 6) =>
  values.map((value) => expect.closeTo(value, -Math.log10(2 * tolerance)));

describe('the overlay', () => {
  it('colours the classes of the mask and leaves the background alone', async () => {
    const { at, info } = await pixels(await draw(await fakeFrame(1), FAKE_MODEL, STYLE));
    expect([info.width, info.height]).toEqual([320, 240]);
    const half = (color: number) => 64 + color / 2; // over grey 128
    expect(at(40, 120)).toEqual(near([half(220), half(20), half(60)]));
    expect(at(280, 120)).toEqual(near([128, 128, 128]));
  });

  it('draws a line in full colour where a class ends', async () => {
    const { at } = await pixels(await draw(await fakeFrame(1), FAKE_MODEL, { ...STYLE, opacity: 0, outline: true }));
    expect(at(40, 120)).toEqual(near([128, 128, 128]));
    expect(at(158, 120)[0]).toBeGreaterThan(180);
  });

  it('with nothing to draw is the camera picture, byte for byte', async () => {
    const frame = await fakeFrame(1);
    const raw = await draw(frame, FAKE_MODEL, { ...STYLE, opacity: 0 });
    expect(raw.equals(Buffer.from(frame.jpeg ?? []))).toBe(true);
    expect(await draw(frame, FAKE_MODEL, { ...STYLE, classes: [] })).toEqual(raw);
  });

  it('of a picture that is no picture is a typed error', async () => {
    const frame = { ...(await fakeFrame(3)), jpeg: Buffer.from('not a JPEG') };
    await expect(draw(frame, FAKE_MODEL, STYLE)).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(draw({ ...frame, jpeg: undefined }, FAKE_MODEL, STYLE)).rejects.toMatchObject({
      code: 'CORRUPT',
    });
  });
});

describe('the painter', () => {
  it('does not start a thread for nothing, and ends with what it is drawing', async () => {
    const idle = new Painter();
    await idle.close();
    const busy = new Painter();
    const drawing = busy.draw(await fakeFrame(1), FAKE_MODEL, STYLE);
    await busy.close();
    expect((await drawing).length).toBeGreaterThan(1000);
    await expect(busy.draw(await fakeFrame(2), FAKE_MODEL, STYLE)).rejects.toMatchObject({ code: 'CLOSED' });
    await busy.close();
  });

  it('leaves the frame as it was', async () => {
    const frame = await fakeFrame(1);
    const before = Buffer.from(frame.jpeg ?? []);
    await draw(frame, FAKE_MODEL, STYLE);
    expect(Buffer.from(frame.jpeg ?? []).equals(before)).toBe(true);
    expect(frame.mask.labels[0]).toBe(1);
  });
});

describe('classes to draw', () => {
  it('are all but background ones, or those asked for by id or name', () => {
    const ids = (wanted: string[] | undefined) => drawnClasses(FAKE_MODEL.classes, wanted).map(({ id }) => id);
    expect(ids(undefined)).toEqual([1, 2]);
    expect(ids(['Vehicle', '0'])).toEqual([2, 0]);
    expect(ids([])).toEqual([]);
  });

  it('that the model does not have are refused with those that it has', () => {
    expect(() => drawnClasses(FAKE_MODEL.classes, ['dog'])).toThrow('other, person, vehicle; received "dog"');
  });
});

describe('blending', () => {
  it('scales bilinearly about pixel centres and reaches the borders', () => {
    const rgb = new Uint8Array(8 * 1 * 3);
    const overlay = Uint8Array.of(0, 0, 0, 255, 200, 100, 0, 255);
    blend(rgb, { width: 8, height: 1 }, overlay, { width: 2, height: 1 });
    const reds = Array.from({ length: 8 }, (_, x) => rgb[x * 3]);
    expect(reds).toEqual([0, 0, 25, 75, 125, 175, 200, 200]);
  });
});

describe('a stream that is not live', () => {
  it('shows its last picture dark and grey, with a sign', async () => {
    const { at, info } = await pixels(await drawOffline('reconnecting', await fakeFrame(1)));
    expect([info.width, info.height]).toEqual([320, 240]);
    expect(at(10, 10)).toEqual(near([45, 45, 45]));
    let brightest = 0;
    for (let x = 100; x < 220; x++) brightest = Math.max(brightest, at(x, 120)[0] ?? 0);
    expect(brightest).toBeGreaterThan(200);
  });

  it('shows an empty picture before its first', async () => {
    const { info } = await pixels(await drawOffline('connecting', undefined));
    expect([info.width, info.height]).toEqual([640, 360]);
  });
});
