/** What part of the picture each class covers. */

/** Values of 0–1 by class index; they sum to 1 less what carries a label outside `classes`. Empty planes give zeros. */
export function classShares(labels: Uint8Array, classes: number): Float64Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < labels.length; i++) (counts[labels[i] as number] as number)++;
  const shares = new Float64Array(classes);
  if (labels.length === 0) return shares;
  for (let c = 0; c < classes; c++) shares[c] = (counts[c] as number) / labels.length;
  return shares;
}

/**
 * Shares over time, as means of fixed windows, the oldest overwritten once `capacity` windows are held.
 * `columns()` has the layout that uPlot draws: times in seconds first, then one column a class.
 */
export class ShareHistory {
  readonly #windowMs: number;
  readonly #capacity: number;
  readonly #times: number[] = [];
  readonly #rows: Float64Array[] = [];
  #classes = 0;
  #sum = new Float64Array(0);
  #count = 0;
  #windowStart = 0;

  constructor(options: { readonly windowMs: number; readonly capacity: number }) {
    this.#windowMs = options.windowMs;
    this.#capacity = options.capacity;
  }

  /** Takes one frame's shares at an instant in ms since the epoch. Returns whether a window was completed. */
  add(at: number, shares: Float64Array): boolean {
    if (shares.length !== this.#classes) this.reset(shares.length);
    let completed = false;
    if (this.#count > 0 && at - this.#windowStart >= this.#windowMs) {
      this.#times.push(this.#windowStart / 1000);
      this.#rows.push(this.#sum.map((total) => total / this.#count));
      if (this.#times.length > this.#capacity) {
        this.#times.shift();
        this.#rows.shift();
      }
      this.#sum.fill(0);
      this.#count = 0;
      completed = true;
    }
    if (this.#count === 0) this.#windowStart = at;
    for (let c = 0; c < shares.length; c++) this.#sum[c] = (this.#sum[c] as number) + (shares[c] as number);
    this.#count++;
    return completed;
  }

  reset(classes: number): void {
    this.#classes = classes;
    this.#sum = new Float64Array(classes);
    this.#count = 0;
    this.#times.length = 0;
    this.#rows.length = 0;
  }

  /** A gap longer than `gapSeconds` becomes a row of nulls, so that a chart's line breaks there. */
  columns(gapSeconds: number): { readonly times: number[]; readonly shares: (number | null)[][] } {
    const times: number[] = [];
    const shares: (number | null)[][] = Array.from({ length: this.#classes }, () => []);
    for (const [i, time] of this.#times.entries()) {
      const previous = this.#times[i - 1];
      if (previous !== undefined && time - previous > gapSeconds) {
        times.push(previous + gapSeconds);
        for (const column of shares) column.push(null);
      }
      times.push(time);
      for (const [c, column] of shares.entries()) column.push(this.#rows[i]?.[c] ?? null);
    }
    return { times, shares };
  }
}
