import type { Mask } from '../../core/mask.js';

/** Areas: cells of one class that hang together over their sides (4-connected). Every cell of a mask belongs to one. */
export interface Areas {
  /** Area number of each cell, row-major. Areas are numbered in the order of their first cells. */
  readonly of: Int32Array;
  /** Class of each area. */
  readonly labels: readonly number[];
  /** Cells of each area. */
  readonly cells: readonly number[];
}

const NONE = -1;

export function findAreas({ labels, size }: Mask): Areas {
  const { width } = size;
  const of = new Int32Array(labels.length).fill(NONE);
  const stack = new Int32Array(labels.length);
  const found = { labels: [] as number[], cells: [] as number[] };
  let [depth, area, label] = [0, 0, 0];
  const visit = (at: number) => {
    if (of[at] !== NONE || labels[at] !== label) return;
    of[at] = area;
    stack[depth++] = at;
  };
  for (let start = 0; start < labels.length; start++) {
    if (of[start] !== NONE) continue;
    label = labels[start] as number;
    let cells = 0;
    visit(start);
    while (depth > 0) {
      const at = stack[--depth] as number;
      const x = at % width;
      cells += 1;
      if (x > 0) visit(at - 1);
      if (x + 1 < width) visit(at + 1);
      if (at >= width) visit(at - width);
      if (at + width < labels.length) visit(at + width);
    }
    found.labels.push(label);
    found.cells.push(cells);
    area += 1;
  }
  return { of, ...found };
}
