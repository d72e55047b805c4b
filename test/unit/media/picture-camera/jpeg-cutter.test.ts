import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { JpegCutter } from '../../../../src/media/picture-camera/jpeg-cutter.js';
import { jpegFacts } from '../../../../src/media/picture-camera/jpeg-facts.js';

let pictures: Buffer[] = [];

beforeAll(async () => {
  const noise = (width: number, height: number) =>
    sharp({
      create: { width, height, channels: 3, background: '#777', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
    });
  const thumbnail = await noise(16, 16).jpeg().toBuffer();
  const large = await noise(64, 48).jpeg({ quality: 95 }).toBuffer();
  pictures = [
    large,
    await noise(33, 17).jpeg({ progressive: true }).toBuffer(),
    // A thumbnail in an APP1 segment, as cameras with EXIF have it.
    Buffer.concat([large.subarray(0, 2), segment(0xe1, thumbnail), large.subarray(2)]),
  ];
});

const segment = (code: number, body: Buffer) =>
  Buffer.concat([Buffer.from([0xff, code, (body.length + 2) >> 8, (body.length + 2) & 0xff]), body]);

/** All pictures that come out when `bytes` arrive in pieces of `size`. */
function cut(bytes: Buffer, size: number): { pictures: Buffer[]; cutter: JpegCutter } {
  const cutter = new JpegCutter();
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...cutter.push(bytes.subarray(at, at + size)));
  return { pictures: found, cutter };
}

describe('pictures', () => {
  const framings: Readonly<Record<string, (picture: Buffer) => Buffer>> = {
    'multipart with lengths': (picture) =>
      Buffer.concat([
        Buffer.from(`--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`),
        picture,
        Buffer.from('\r\n'),
      ]),
    'multipart with wrong lengths': (picture) =>
      Buffer.concat([Buffer.from('--b\r\nContent-Length: 7\r\n\r\n'), picture]),
    'nothing around them': (picture) => picture,
    'zeros between them': (picture) => Buffer.concat([picture, Buffer.alloc(300)]),
  };

  it.each(Object.keys(framings))('come out whole, however they are cut: %s', (framing) => {
    const stream = Buffer.concat(pictures.map((picture) => framings[framing]?.(picture) ?? picture));
    for (const size of [1, 2, 3, 7, 100, 4096, stream.length]) {
      expect(cut(stream, size).pictures.map((picture) => picture.equals(picture) && picture.length)).toEqual(
        pictures.map(({ length }) => length),
      );
    }
    expect(Buffer.concat(cut(stream, 11).pictures)).toEqual(Buffer.concat(pictures));
  });

  it('come out with their last byte, not with the next picture', () => {
    const cutter = new JpegCutter();
    const [first = Buffer.alloc(0)] = pictures;
    expect(cutter.push(first.subarray(0, -1))).toEqual([]);
    expect(cutter.push(first.subarray(-1))).toEqual([first]);
  });

  it('that are cut off are left out, and the next one is whole', () => {
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = pictures;
    const { pictures: found, cutter } = cut(
      Buffer.concat([first.subarray(0, -40), Buffer.from('\r\n--b\r\n\r\n'), second]),
      50,
    );
    expect(found).toEqual([second]);
    expect(cutter.broken).toBeGreaterThan(0);
  });

  it('are not found in text', () => {
    expect(cut(Buffer.from('<html>camera busy</html>'.repeat(1000)), 999).pictures).toEqual([]);
  });

  it('tell their size and sampling', () => {
    expect(pictures.map(jpegFacts)).toEqual([
      { width: 64, height: 48, pixelFormat: 'yuvj420p' },
      { width: 33, height: 17, pixelFormat: 'yuvj420p' },
      { width: 64, height: 48, pixelFormat: 'yuvj420p' },
    ]);
    expect(jpegFacts(Buffer.from([0xff, 0xd8, 0xff, 0xd9]))).toBeUndefined();
  });
});
