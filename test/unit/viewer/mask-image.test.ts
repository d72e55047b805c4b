import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeGreyPng, encodePalettePng } from '../../../src/record/export/mask-png.js';
import { readMaskImage } from '../../../src/viewer/lib/mask-image.js';

const palette = {
  colors: [
    [0, 0, 0],
    [255, 0, 0],
    [0, 255, 0],
  ] as const,
};

/** Bars and a block: rows that equal the one above, and rows that don't. */
function labelsOf(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return y > 3 && y < 9 && x > 4 && x < 11 ? 2 : Math.floor(x / 3) % 2;
  });
}

describe('a mask picture', () => {
  it('gives back the very ids that were written', async () => {
    const labels = labelsOf(37, 23);
    const png = new Uint8Array(await encodePalettePng(labels, { width: 37, height: 23 }, palette));
    expect(await readMaskImage(png, 512)).toEqual({ size: { width: 37, height: 23 }, labels });
  });

  it('is thinned out to what is shown: every n-th pixel, no mixtures', async () => {
    const [width, height] = [64, 33];
    const labels = labelsOf(width, height);
    const png = new Uint8Array(await encodePalettePng(labels, { width, height }, palette));
    const { size, labels: thin } = await readMaskImage(png, 20);
    expect(size).toEqual({ width: 16, height: 9 });
    for (let i = 0; i < thin.length; i++) {
      const [x, y] = [i % size.width, Math.floor(i / size.width)];
      expect(thin[i]).toBe(labels[y * 4 * width + x * 4]);
    }
  });

  it('may be filtered by the pixel to the left', async () => {
    const png = new Uint8Array(await encodePalettePng(new Uint8Array(4), { width: 4, height: 1 }, palette));
    const text = Buffer.from(png).toString('latin1');
    const at = text.indexOf('IDAT');
    const data = deflateSync(Buffer.from([1, 1, 0, 1, 0]));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const end = text.indexOf('IEND') - 4;
    const made = Buffer.concat([
      png.subarray(0, at - 4),
      length,
      Buffer.from('IDAT'),
      data,
      Buffer.alloc(4),
      png.subarray(end),
    ]);
    expect([...(await readMaskImage(new Uint8Array(made), 99)).labels]).toEqual([1, 1, 2, 2]);
  });

  it('is refused where it is something else', async () => {
    const grey = new Uint8Array(await encodeGreyPng(new Uint8Array(4), { width: 2, height: 2 }));
    await expect(readMaskImage(grey, 99)).rejects.toThrow('colour type 0');
    await expect(readMaskImage(new Uint8Array(100), 99)).rejects.toThrow('no PNG');
    const whole = new Uint8Array(await encodePalettePng(new Uint8Array(9), { width: 3, height: 3 }, palette));
    const short = whole.slice();
    new DataView(short.buffer).setUint32(20, 7);
    await expect(readMaskImage(short, 99)).rejects.toThrow('12 bytes, not 28');
  });
});
