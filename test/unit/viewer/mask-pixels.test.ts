import { describe, expect, it } from 'vitest';
import type { ClassInfo } from '../../../src/core/model.js';
import { maskPixels } from '../../../src/viewer/lib/mask-pixels.js';
import { hiddenByDefault, type OverlayStyle, paletteBytes } from '../../../src/viewer/lib/palette.js';

const CLASSES: readonly ClassInfo[] = [
  { id: 0, name: 'Background', color: [1, 2, 3] },
  { id: 1, name: 'person', color: [200, 0, 0] },
  { id: 2, name: 'road', color: [0, 0, 200] },
];
const STYLE: OverlayStyle = { opacity: 0.5, fill: true, outline: false, confidence: false, hidden: new Set([0]) };

/** Channels of one pixel of a raster. */
function draw(rows: readonly string[], scale: number, style: Partial<OverlayStyle> = {}, confidence?: Uint8Array) {
  const width = rows[0]?.length ?? 0;
  const labels = Uint8Array.from(rows.join(''), Number);
  const out = new Uint32Array(labels.length * scale * scale);
  const size = { width, height: rows.length };
  maskPixels({ labels, confidence }, size, CLASSES, { ...STYLE, ...style }, { scale, outlineWidth: 1 }, out);
  const bytes = new Uint8Array(out.buffer);
  return (x: number, y: number) => [...bytes.subarray((y * width * scale + x) * 4, (y * width * scale + x) * 4 + 4)];
}

describe('the overlay without WebGL', () => {
  it('fills classes in their colour with the opacity asked for, and leaves hidden ones out', () => {
    const pixel = draw(['111000', '111000', '111000'], 1);
    expect(pixel(0, 1)).toEqual([200, 0, 0, 128]);
    expect(pixel(5, 1)[3]).toBe(0);
  });

  it('draws the border as sharply as its raster allows, where the labels change', () => {
    const pixel = draw(['1111222', '1111222', '1111222'], 4);
    expect(pixel(14, 4)).toEqual([200, 0, 0, 128]);
    expect(pixel(17, 4)).toEqual([0, 0, 200, 128]);
  });

  it('never mixes two labels into a third', () => {
    const pixel = draw(['000222', '000222', '000222'], 4, { hidden: new Set() });
    for (let x = 0; x < 24; x++) expect(pixel(x, 5)[0]).toBeLessThanOrEqual(1);
  });

  it('keeps an object of a single label', () => {
    const pixel = draw(['00000', '00000', '00100', '00000', '00000'], 3);
    expect(pixel(7, 7)[0]).toBe(200);
    expect(pixel(7, 7)[3]).toBeGreaterThan(64);
  });

  it('outlines at full strength, inside the class and one pixel wide', () => {
    const pixel = draw(['111000', '111000', '111000'], 4, { outline: true });
    expect(pixel(11, 5)).toEqual([200, 0, 0, 255]);
    expect(pixel(6, 5)).toEqual([200, 0, 0, 128]);
    expect(pixel(13, 5)[3]).toBe(0);
  });

  it('outlines without fill', () => {
    const pixel = draw(['111000', '111000', '111000'], 4, { outline: true, fill: false });
    expect(pixel(11, 5)).toEqual([200, 0, 0, 255]);
    expect(pixel(2, 5)[3]).toBe(0);
  });

  it('shows doubt as heat, stronger where the network is less sure', () => {
    const pixel = draw(['11'], 1, { confidence: true }, Uint8Array.of(255, 51));
    expect(pixel(1, 0)[0]).toBeGreaterThan(pixel(0, 0)[0] as number);
    expect(pixel(1, 0)[3]).toBeGreaterThan(pixel(0, 0)[3] as number);
  });

  it('draws classes where the server sends no confidence', () => {
    expect(draw(['11'], 1, { confidence: true })(0, 0)).toEqual([200, 0, 0, 128]);
  });
});

describe('the palette', () => {
  it('has no colour for labels that are no class', () => {
    const bytes = paletteBytes(CLASSES, new Set([2]));
    expect([...bytes.subarray(4, 8)]).toEqual([200, 0, 0, 255]);
    expect(bytes[2 * 4 + 3]).toBe(0);
    expect(bytes[255 * 4 + 3]).toBe(0);
  });

  it('hides what means nothing in particular until it is asked for', () => {
    expect([...hiddenByDefault(CLASSES)]).toEqual([0]);
  });
});
