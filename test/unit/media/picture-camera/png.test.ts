import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { isPng, PngAnswer, pngFacts } from '../../../../src/media/picture-camera/png.js';

const made = (channels: 3 | 4) =>
  sharp({ create: { width: 30, height: 20, channels, background: 'red' } })
    .png()
    .toBuffer();

describe('a PNG that a camera answers with', () => {
  it('is whole when its last chunk has come', async () => {
    const png = await made(3);
    const [whole, cut] = [new PngAnswer(), new PngAnswer()];
    for (let at = 0; at < png.length; at += 7) whole.push(png.subarray(at, at + 7));
    expect(whole.whole()).toEqual(png);
    cut.push(png.subarray(0, -1));
    expect(cut.whole()).toBeUndefined();
  });

  it('tells its size and kind', async () => {
    expect(pngFacts(await made(3))).toEqual({ width: 30, height: 20, pixelFormat: 'rgb24', bitDepth: 8 });
    expect(pngFacts(await made(4))?.pixelFormat).toBe('rgba');
    const deep = Buffer.from(await made(3));
    deep[24] = 16;
    expect(pngFacts(deep)).toMatchObject({ pixelFormat: 'rgb48be', bitDepth: 16 });
  });

  it('is told from others', async () => {
    const jpeg = await sharp(await made(3))
      .jpeg()
      .toBuffer();
    expect([isPng(jpeg), isPng(Buffer.alloc(3)), pngFacts(jpeg)]).toEqual([false, false, undefined]);
  });
});
