import type { Size } from '../../core/geometry.js';
import type { ClassInfo } from '../../core/model.js';
import type { MaskPlanes } from '../../delivery/wire/protocol.js';
import { type OverlayStyle, paletteBytes } from './palette.js';

/**
 * The overlay without WebGL: the same curves as in `render/shaders.ts` (3 × 3 labels vote with quadratic B-spline weights),
 * computed on the processor. It is affordable because only cells at a class border need votes, a few in a hundred.
 */
export interface MaskRaster {
  /** Pixels a label, in each direction: 1–4. */
  readonly scale: number;
  /** Width of outlines in those pixels. */
  readonly outlineWidth: number;
}

/** @param out `width · scale` by `height · scale` RGBA pixels, straight alpha, little-endian */
export function maskPixels(
  planes: MaskPlanes,
  size: Size,
  classes: readonly ClassInfo[],
  style: OverlayStyle,
  raster: MaskRaster,
  out: Uint32Array,
): void {
  if (style.confidence && planes.confidence) {
    heatPixels(planes.confidence, size, raster.scale, out);
    return;
  }
  const painter = new EdgePainter(paletteBytes(classes, style.hidden), style, raster);
  const { labels } = planes;
  const { width, height } = size;
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - 1) * width;
    const level = y * width;
    const below = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - 1);
      const right = Math.min(width - 1, x + 1);
      const label = labels[level + x] as number;
      const uniform =
        labels[above + x] === label &&
        labels[below + x] === label &&
        labels[level + left] === label &&
        labels[level + right] === label &&
        labels[above + left] === label &&
        labels[above + right] === label &&
        labels[below + left] === label &&
        labels[below + right] === label;
      if (uniform) fillCell(out, x, y, width, raster.scale, painter.fill[label] as number);
      else painter.paintCell(labels, [above, level, below], [left, x, right], out, x, y, width);
    }
  }
}

function fillCell(out: Uint32Array, x: number, y: number, width: number, scale: number, color: number): void {
  const stride = width * scale;
  let at = y * scale * stride + x * scale;
  for (let row = 0; row < scale; row++, at += stride) {
    for (let column = 0; column < scale; column++) out[at + column] = color;
  }
}

/** Paints cells whose neighbourhood holds several labels. One object a frame, its buffers used again for every cell. */
class EdgePainter {
  /** Fill colour by label. */
  readonly fill: Uint32Array;
  readonly #palette: Uint8Array;
  readonly #opacity: number;
  readonly #outline: number;
  readonly #scale: number;
  /** Spline weights of the three neighbours along one axis, by position inside the cell. */
  readonly #weights: Float64Array;
  /** The 3 × 3 labels around the cell, by row, and for each the first place that has the same label. */
  readonly #around = new Uint8Array(9);
  readonly #place = new Uint8Array(9);
  /** Votes of a label, gathered at its first place. */
  readonly #votes = new Float64Array(9);

  constructor(palette: Uint8Array<ArrayBuffer>, style: OverlayStyle, { scale, outlineWidth }: MaskRaster) {
    this.#palette = palette;
    this.#opacity = style.fill ? style.opacity : 0;
    this.#outline = style.outline ? outlineWidth : 0;
    this.#scale = scale;
    const fill = palette.slice();
    for (let alpha = 3; alpha < fill.length; alpha += 4)
      fill[alpha] = Math.round((fill[alpha] as number) * this.#opacity);
    this.fill = new Uint32Array(fill.buffer);
    this.#weights = new Float64Array(scale * 3);
    for (let i = 0; i < scale; i++) {
      const f = (i + 0.5) / scale;
      this.#weights.set([0.5 * (1 - f) ** 2, 0.75 - (f - 0.5) ** 2, 0.5 * f ** 2], i * 3);
    }
  }

  /** @param rows offsets of the three rows around the cell. @param columns the three columns */
  paintCell(
    labels: Uint8Array,
    rows: readonly [number, number, number],
    columns: readonly [number, number, number],
    out: Uint32Array,
    x: number,
    y: number,
    width: number,
  ): void {
    const around = this.#around;
    for (let i = 0; i < 9; i++) {
      around[i] = labels[(rows[(i / 3) | 0] as number) + (columns[i % 3] as number)] as number;
      this.#place[i] = around.indexOf(around[i] as number);
    }
    const scale = this.#scale;
    for (let row = 0; row < scale; row++) {
      const at = (y * scale + row) * width * scale + x * scale;
      for (let column = 0; column < scale; column++) out[at + column] = this.#colorAt(column, row);
    }
  }

  #colorAt(column: number, row: number): number {
    const votes = this.#votes;
    const weights = this.#weights;
    votes.fill(0);
    for (let i = 0; i < 9; i++) {
      const place = this.#place[i] as number;
      const weight = (weights[column * 3 + (i % 3)] as number) * (weights[row * 3 + ((i / 3) | 0)] as number);
      votes[place] = (votes[place] as number) + weight;
    }
    let first = 0;
    let second = 0;
    let most = 0;
    let next = 0;
    for (let i = 0; i < 9; i++) {
      const vote = votes[i] as number;
      if (vote > most) {
        second = first;
        next = most;
        first = i;
        most = vote;
      } else if (vote > next) {
        second = i;
        next = vote;
      }
    }
    const distance = (1 - Math.sqrt(1 - Math.min(1, most - next))) * this.#scale;
    return this.#mix((this.#around[first] as number) * 4, (this.#around[second] as number) * 4, distance);
  }

  /** Colour at `distance` pixels inside the border of one palette entry with another. */
  #mix(inner: number, outer: number, distance: number): number {
    const palette = this.#palette;
    const outlined = this.#outline > 0;
    const line = outlined ? Math.min(1, Math.max(0, this.#outline - distance + 0.5)) : 0;
    const side = Math.min(1, 0.5 + distance);
    const opacity = this.#opacity;
    const innerAlpha = ((palette[inner + 3] as number) / 255) * (opacity + (1 - opacity) * line) * side;
    const outerAlpha = ((palette[outer + 3] as number) / 255) * (outlined ? 1 : opacity) * (1 - side);
    const alpha = innerAlpha + outerAlpha;
    if (alpha <= 0) return 0;
    const a = innerAlpha / alpha;
    const b = outerAlpha / alpha;
    const red = (palette[inner] as number) * a + (palette[outer] as number) * b;
    const green = (palette[inner + 1] as number) * a + (palette[outer + 1] as number) * b;
    const blue = (palette[inner + 2] as number) * a + (palette[outer + 2] as number) * b;
    return ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
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

function heatPixels(confidence: Uint8Array, { width }: Size, scale: number, out: Uint32Array): void {
  for (let i = 0; i < confidence.length; i++) {
    fillCell(out, i % width, (i / width) | 0, width, scale, HEAT[confidence[i] as number] as number);
  }
}
