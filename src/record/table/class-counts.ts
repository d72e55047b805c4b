import { type Size, sameSize } from '../../core/geometry.js';
import type { Mask } from '../../core/mask.js';
import { findAreas } from '../export/connected-areas.js';
import { cellEdges } from '../export/run-length.js';
import { type Region, type RegionCells, regionCells } from './region.js';

/**
 * How many pixels of a picture each class has, in the whole of it and in regions.
 *
 * In: masks. Out: counts, which are those of the mask brought to the picture's size by `labelsAt`, without making it. Always
 * holds: the pixels of all classes add up to the picture's, those of a region to the region's.
 */

export interface ClassCounts {
  /** Index = class. */
  readonly pixels: Uint32Array;
  /** Connected areas of each class; index = class. */
  readonly areas: Uint32Array;
  /** Pixels of each class's largest area; index = class. */
  readonly largest: Uint32Array;
  /** Pixels of each class in each region; the regions in their order. */
  readonly regions: readonly { readonly pixels: Uint32Array; readonly total: number }[];
}

export class ClassCounter {
  private weights: Weights | undefined;

  constructor(
    private readonly picture: Size,
    private readonly regions: readonly Region[],
  ) {}

  /** @throws MaskcastError USAGE where a region holds no pixel of the picture */
  count(mask: Mask): ClassCounts {
    const { columns, rows, regions } = this.weightsFor(mask.size);
    const { of, labels } = findAreas(mask);
    const sizes = new Uint32Array(labels.length);
    for (let y = 0, at = 0; y < mask.size.height; y++) {
      const row = rows[y] as number;
      for (let x = 0; x < mask.size.width; x++, at++) {
        const area = of[at] as number;
        sizes[area] = (sizes[area] as number) + row * (columns[x] as number);
      }
    }
    const [pixels, areas, largest] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)];
    for (const [area, label] of labels.entries()) {
      const size = sizes[area] as number;
      // A picture smaller than the mask skips cells.
      if (size === 0) continue;
      pixels[label] = (pixels[label] as number) + size;
      areas[label] = (areas[label] as number) + 1;
      largest[label] = Math.max(largest[label] as number, size);
    }
    return { pixels, areas, largest, regions: regions.map((region) => inRegion(mask, region)) };
  }

  private weightsFor(mask: Size): Weights {
    if (this.weights && sameSize(this.weights.mask, mask)) return this.weights;
    const { picture } = this;
    this.weights = {
      mask,
      columns: lengths(cellEdges(mask.width, picture.width)),
      rows: lengths(cellEdges(mask.height, picture.height)),
      regions: this.regions.map((region) => regionCells(region, picture, mask)),
    };
    return this.weights;
  }
}

/** What a mask cell weighs in pixels. */
interface Weights {
  readonly mask: Size;
  /** Pixel columns of each column of cells. */
  readonly columns: readonly number[];
  /** Pixel rows of each row of cells. */
  readonly rows: readonly number[];
  readonly regions: readonly RegionCells[];
}

const lengths = (edges: readonly number[]): number[] =>
  edges.slice(1).map((edge, index) => edge - (edges[index] as number));

function inRegion({ labels }: Mask, { cells, pixels, total }: RegionCells) {
  const counted = new Uint32Array(256);
  for (const [index, cell] of cells.entries()) {
    const label = labels[cell] as number;
    counted[label] = (counted[label] as number) + (pixels[index] as number);
  }
  return { pixels: counted, total };
}
