import type { Size } from '../../core/geometry.js';
import type { Mask } from '../../core/mask.js';
import { findAreas } from './connected-areas.js';
import { contours } from './contours.js';
import { cellEdges } from './run-length.js';

/**
 * Connected areas of a mask at another size, without ever building the large mask. The mapping is that of `labelsAt`: an outline goes along the
 * edges of pixels, so that whoever fills it gets the area's pixels and no others.
 */
export interface PixelArea {
  readonly label: number;
  /** x and y of each corner in turn, clockwise where y points down; holes are joined by cuts of no width. */
  readonly polygon: readonly number[];
  /** In pixels. */
  readonly area: number;
  /** Tight box in pixels. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** Every cell counts, and no corner is left out. */
const EXACT = { minCells: 1, tolerance: 0 };

/** @returns the areas of these classes, in the order of their first cells, row by row */
export function pixelAreas(mask: Mask, size: Size, classes: ReadonlySet<number>): PixelArea[] {
  const columns = cellEdges(mask.size.width, size.width);
  const rows = cellEdges(mask.size.height, size.height);
  const measures = measureAreas(mask, columns, rows);
  return contours(mask, classes, EXACT).flatMap(({ label, area: number, ring }) => {
    const measure = measures[number];
    // Where the picture is smaller than the mask, some areas have no pixel.
    if (!measure || measure.pixels === 0) return [];
    const { left, top, right, bottom, pixels } = measure;
    const polygon = ring.flatMap(([x, y]) => [columns[x] as number, rows[y] as number]);
    return [{ label, polygon, area: pixels, box: [left, top, right - left, bottom - top] }];
  });
}

interface Measure {
  pixels: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** By the areas' numbers. */
function measureAreas(mask: Mask, columns: readonly number[], rows: readonly number[]): readonly Measure[] {
  const { of, labels } = findAreas(mask);
  const { width, height } = mask.size;
  const measures = labels.map((): Measure => ({ pixels: 0, left: Infinity, top: Infinity, right: 0, bottom: 0 }));
  for (let y = 0, at = 0; y < height; y++) {
    const [top, bottom] = [rows[y] as number, rows[y + 1] as number];
    for (let x = 0; x < width; x++, at++) {
      const [left, right] = [columns[x] as number, columns[x + 1] as number];
      const pixels = (right - left) * (bottom - top);
      const measure = measures[of[at] as number];
      if (!measure || pixels === 0) continue;
      measure.pixels += pixels;
      measure.left = Math.min(measure.left, left);
      measure.top = Math.min(measure.top, top);
      measure.right = Math.max(measure.right, right);
      measure.bottom = Math.max(measure.bottom, bottom);
    }
  }
  return measures;
}
