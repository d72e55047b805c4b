import type { ConfusionMatrix } from './confusion.js';

/** Scores of a segmentation; all are shares from 0 to 1. */
export interface Scores {
  /** Mean over the classes that have an IoU, or over those of them that were asked for. */
  readonly meanIoU: number;
  /** Labelled pixels that are right. */
  readonly pixelAccuracy: number;
  /** Mean recall over the classes that occur. */
  readonly classAccuracy: number;
  readonly classes: readonly ClassScores[];
}

export interface ClassScores {
  /** Intersection over union; undefined where the class neither occurs nor is predicted, 0 where it is only predicted. */
  readonly iou: number | undefined;
  /** Recall: its pixels that were found. Undefined where the class doesn't occur. */
  readonly accuracy: number | undefined;
  /** Pixels predicted as this class that are. Undefined where it is never predicted. */
  readonly precision: number | undefined;
  /** Its share of the labelled pixels. */
  readonly share: number;
}

/**
 * IoU = hits / (truth + predicted − hits) a class, over the pixels of all pictures together (Everingham et al.: The PASCAL
 * Visual Object Classes Challenge, 2010). NaN where there is nothing to take a mean of.
 * @param counted classes that the mean is over, as far as they occur; all that occur or are predicted where absent, as benchmarks have it
 */
export function scoresOf(matrix: ConfusionMatrix, counted?: ReadonlySet<number>): Scores {
  const indices = Array.from({ length: matrix.classes }, (_, index) => index);
  const rows = matrix.rows();
  const truths = rows.map(sum);
  const predictions = indices.map((column) => sum(rows.map((row) => row[column] as number)));
  const hits = indices.map((index) => matrix.count(index, index));
  const total = sum(truths);
  const classes = indices.map((index): ClassScores => {
    const [hit, truth, predicted] = [hits[index] as number, truths[index] as number, predictions[index] as number];
    return {
      iou: ratio(hit, truth + predicted - hit),
      accuracy: ratio(hit, truth),
      precision: ratio(hit, predicted),
      share: total > 0 ? truth / total : 0,
    };
  });
  return {
    meanIoU: mean(
      classes.map(({ iou, share }, index) => (!counted || (share > 0 && counted.has(index)) ? iou : undefined)),
    ),
    pixelAccuracy: ratio(sum(hits), total) ?? Number.NaN,
    classAccuracy: mean(classes.map(({ accuracy }) => accuracy)),
    classes,
  };
}

/**
 * Classes that make up at least `leastShare` of the labelled pixels; those that occur at all where none does. A mean over them stays where it
 * is when a few stray pixels of another class come or go.
 */
export function occurringClasses(matrix: ConfusionMatrix, leastShare: number): ReadonlySet<number> {
  const truths = matrix.rows().map(sum);
  const total = sum(truths);
  const above = (least: number) =>
    truths.flatMap((count, index) => (count > 0 && count >= least * total ? [index] : []));
  const enough = above(leastShare);
  return new Set(enough.length > 0 ? enough : above(0));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const ratio = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

function mean(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? sum(known) / known.length : Number.NaN;
}
