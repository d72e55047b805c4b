import type { MaskOrigin } from '../../core/mask.js';
import type { ModelInfo } from '../../core/model.js';
import { toSeconds } from '../../core/time.js';
import type { MaskedFrame } from '../file-output.js';
import type { ClassCounts } from './class-counts.js';

/** One frame in the table: a line of `table.jsonl` as it is. */
export interface TableRow {
  readonly frame: number;
  /** By the source's own clock, in ticks of its time base. */
  readonly pts: number;
  /** The same on the source's own timeline, in seconds. */
  readonly seconds: number;
  /** The same on the clock of the videos, which always rises. Absent where the source's own does. */
  readonly rising?: { readonly pts: number; readonly seconds: number };
  readonly origin: MaskOrigin;
  /** Frames since the network last saw pixels of this mask. */
  readonly age: number;
  /** Mean probability of the labels over all mask pixels, 0–1. */
  readonly confidence: number;
  /** By class name; every class of the model is there. */
  readonly classes: Readonly<Record<string, ClassRow>>;
  /** By the region's name, then by class name. Absent where no region was asked for. */
  readonly regions?: Readonly<Record<string, Readonly<Record<string, Pick<ClassRow, 'pixels' | 'share'>>>>>;
}

export interface ClassRow {
  /** At the source's size. */
  readonly pixels: number;
  /** Of the picture's pixels, or of the region's, 0–1. */
  readonly share: number;
  /** Connected areas. */
  readonly areas: number;
  /** Pixels of the largest of them; 0 where there is none. */
  readonly largest: number;
}

/** @param regionNames in the order of `counts.regions` */
export function tableRow(
  { classes }: Pick<ModelInfo, 'classes'>,
  { number, pts, ownTicks, mask }: Pick<MaskedFrame, 'number' | 'pts' | 'ownTicks' | 'mask'>,
  counts: ClassCounts,
  regionNames: readonly string[],
): TableRow {
  const total = counts.pixels.reduce((sum, count) => sum + count, 0);
  const confidence = mask.confidence.reduce((sum, value) => sum + value, 0);
  return {
    frame: number,
    pts: ownTicks,
    seconds: rounded(toSeconds({ ...pts, ticks: ownTicks })),
    ...(ownTicks !== pts.ticks && { rising: { pts: pts.ticks, seconds: rounded(toSeconds(pts)) } }),
    origin: mask.origin,
    age: mask.age,
    confidence: rounded(confidence / (255 * mask.confidence.length)),
    classes: Object.fromEntries(
      classes.map(({ id, name }) => {
        const [areas, largest] = [counts.areas[id] as number, counts.largest[id] as number];
        return [name, { ...pixelsAndShare(counts.pixels, total, id), areas, largest }];
      }),
    ),
    ...(regionNames.length > 0 && {
      regions: Object.fromEntries(
        counts.regions.map((region, index) => [
          regionNames[index] as string,
          Object.fromEntries(classes.map(({ id, name }) => [name, pixelsAndShare(region.pixels, region.total, id)])),
        ]),
      ),
    }),
  };
}

function pixelsAndShare(counts: Uint32Array, total: number, id: number) {
  const pixels = counts[id] as number;
  return { pixels, share: rounded(pixels / total) };
}

const rounded = (value: number): number => Number(value.toFixed(6));
