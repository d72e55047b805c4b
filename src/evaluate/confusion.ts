/** Counts pixels by true class (row) and predicted class (column). */
export class ConfusionMatrix {
  /** Row-major; counts stay exact up to 2⁵³ pixels. */
  private readonly counts: Float64Array;

  constructor(readonly classes: number) {
    this.counts = new Float64Array(classes * classes);
  }

  /**
   * Counts one picture; pixels whose truth is no class (the ignore index, for one) are left out.
   * @param truth class index a pixel
   * @param prediction class index a pixel, each below `classes`; as long as `truth`
   */
  add(truth: Uint8Array, prediction: Uint8Array): void {
    const { classes, counts } = this;
    for (let pixel = 0; pixel < truth.length; pixel += 1) {
      const row = truth[pixel] as number;
      if (row >= classes) continue;
      const at = row * classes + (prediction[pixel] as number);
      counts[at] = (counts[at] as number) + 1;
    }
  }

  /** Adds the counts of other pictures: as many rows and columns as there are classes. */
  merge(rows: readonly (readonly number[])[]): void {
    rows.forEach((row, truth) => {
      row.forEach((count, prediction) => {
        const at = truth * this.classes + prediction;
        this.counts[at] = (this.counts[at] as number) + count;
      });
    });
  }

  count(truth: number, prediction: number): number {
    return this.counts[truth * this.classes + prediction] as number;
  }

  /** One row a true class, one column a predicted class. */
  rows(): readonly (readonly number[])[] {
    return Array.from({ length: this.classes }, (_, row) => [
      ...this.counts.subarray(row * this.classes, (row + 1) * this.classes),
    ]);
  }
}
