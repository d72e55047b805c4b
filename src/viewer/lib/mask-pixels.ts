import type { Size } from '../../core/geometry.js';
import type { ClassInfo } from '../../core/model.js';
import type { MaskPlanes } from '../../delivery/protocol.js';
import { type OverlayStyle, paletteBytes } from './palette.js';

/**
 * Colours a mask at its own resolution into `out`, one RGBA pixel (straight alpha, little-endian) a label. Used where
 * there is no WebGL; the shader in `render/shaders.ts` draws the same thing more finely.
 */
export function maskPixels(
  planes: MaskPlanes,
  size: Size,
  classes: readonly ClassInfo[],
  style: OverlayStyle,
  out: Uint32Array,
): void {
  if (style.confidence && planes.confidence) return heatPixels(planes.confidence, out);
  const fill = table(classes, style.hidden, style.fill ? style.opacity : 0);
  const { labels } = planes;
  for (let i = 0; i < labels.length; i++) out[i] = fill[labels[i] as number] as number;
  if (!style.outline) return;
  const line = table(classes, style.hidden, 1);
  const { width, height } = size;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const label = labels[i] as number;
      const edge =
        (x + 1 < width && labels[i + 1] !== label) ||
        (x > 0 && labels[i - 1] !== label) ||
        (y + 1 < height && labels[i + width] !== label) ||
        (y > 0 && labels[i - width] !== label);
      if (edge) out[i] = line[label] as number;
    }
  }
}

function table(classes: readonly ClassInfo[], hidden: ReadonlySet<number>, opacity: number): Uint32Array {
  const bytes = paletteBytes(classes, hidden);
  for (let alpha = 3; alpha < bytes.length; alpha += 4) bytes[alpha] = Math.round((bytes[alpha] as number) * opacity);
  return new Uint32Array(bytes.buffer);
}

/** The shader's `heatOf`, tabulated. */
const HEAT = (() => {
  const low = [41, 13, 89];
  const middle = [219, 56, 77];
  const high = [255, 237, 140];
  const bytes = new Uint8Array(256 * 4);
  for (let sure = 0; sure < 256; sure++) {
    const doubt = Math.min(1, (1 - sure / 255) * 1.25);
    const [from, to, t] = doubt < 0.5 ? [low, middle, doubt * 2] : [middle, high, doubt * 2 - 1];
    for (let c = 0; c < 3; c++) {
      const start = from[c] as number;
      bytes[sure * 4 + c] = Math.round(start + ((to[c] as number) - start) * t);
    }
    bytes[sure * 4 + 3] = Math.round(255 * (0.35 + 0.6 * doubt));
  }
  return new Uint32Array(bytes.buffer);
})();

function heatPixels(confidence: Uint8Array, out: Uint32Array): void {
  for (let i = 0; i < confidence.length; i++) out[i] = HEAT[confidence[i] as number] as number;
}
