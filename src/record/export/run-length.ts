import type { Size } from '../../core/geometry.js';
import type { Mask } from '../../core/mask.js';

/**
 * Run lengths of a mask's classes at another size, without ever building the large mask: vertical runs are found once a mask
 * column and repeated for each pixel column that it covers. The mapping is that of `labelsAt`.
 */

export interface ClassRuns {
  readonly id: number;
  /**
   * COCO's order: down the columns, columns from left to right. Lengths of runs that don't and do belong to the class, in turn,
   * beginning with "don't" (0 where the first pixel does); they add up to all pixels.
   */
  readonly counts: readonly number[];
  /** Pixels of the class. */
  readonly area: number;
  /** Tight box in pixels. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** First pixel of each mask cell along a side, and the side's length at the end. */
export function cellEdges(cells: number, length: number): number[] {
  return Array.from({ length: cells + 1 }, (_, cell) =>
    cell === cells ? length : Math.max(0, Math.ceil((cell * length) / cells - 0.5)),
  );
}

export function columnRuns(mask: Mask, size: Size, classes: ReadonlySet<number>): ClassRuns[] {
  const columns = cellEdges(mask.size.width, size.width);
  const rows = cellEdges(mask.size.height, size.height);
  const open = new Map<number, Collector>();
  for (let cell = 0; cell < mask.size.width; cell++) {
    const runs = verticalRuns(mask, cell, rows);
    for (let x = columns[cell] as number; x < (columns[cell + 1] as number); x++) {
      for (const { label, top, bottom } of runs) {
        if (!classes.has(label)) continue;
        const collector = open.get(label) ?? new Collector(size.height);
        open.set(label, collector);
        collector.add(x, top, bottom);
      }
    }
  }
  return [...open].sort(([a], [b]) => a - b).map(([id, collector]) => collector.finish(id, size));
}

interface VerticalRun {
  readonly label: number;
  readonly top: number;
  readonly bottom: number;
}

function verticalRuns({ labels, size }: Mask, cell: number, rows: readonly number[]): VerticalRun[] {
  const runs: VerticalRun[] = [];
  let begin = 0;
  for (let y = 1; y <= size.height; y++) {
    const label = labels[begin * size.width + cell] as number;
    if (y < size.height && labels[y * size.width + cell] === label) continue;
    const [top, bottom] = [rows[begin] as number, rows[y] as number];
    if (bottom > top) runs.push({ label, top, bottom });
    begin = y;
  }
  return runs;
}

class Collector {
  private readonly counts: number[] = [];
  private end = 0;
  private area = 0;
  private left = Number.POSITIVE_INFINITY;
  private right = 0;
  private top = Number.POSITIVE_INFINITY;
  private bottom = 0;

  constructor(private readonly height: number) {}

  add(x: number, top: number, bottom: number): void {
    const begin = x * this.height + top;
    const length = bottom - top;
    if (begin === this.end && this.counts.length > 0) this.counts[this.counts.length - 1] = this.last + length;
    else this.counts.push(begin - this.end, length);
    this.end = begin + length;
    this.area += length;
    this.left = Math.min(this.left, x);
    this.right = Math.max(this.right, x + 1);
    this.top = Math.min(this.top, top);
    this.bottom = Math.max(this.bottom, bottom);
  }

  finish(id: number, { width, height }: Size): ClassRuns {
    const rest = width * height - this.end;
    const counts = rest > 0 ? [...this.counts, rest] : this.counts;
    return { id, counts, area: this.area, box: [this.left, this.top, this.right - this.left, this.bottom - this.top] };
  }

  private get last(): number {
    return this.counts.at(-1) as number;
  }
}

/** COCO's compressed counts, as `rleToString` of pycocotools writes them: differences to the last but one, 5 bits a character. */
export function compressedCounts(counts: readonly number[]): string {
  let text = '';
  for (const [index, count] of counts.entries()) {
    let rest = index > 2 ? count - (counts[index - 2] as number) : count;
    for (let more = true; more; ) {
      const bits = rest & 0x1f;
      rest >>= 5;
      more = bits & 0x10 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode((more ? bits | 0x20 : bits) + 48);
    }
  }
  return text;
}
