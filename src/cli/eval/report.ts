import type { ConfusionMatrix } from '../../evaluate/confusion.js';
import type { Evaluation } from '../../evaluate/evaluate.js';

/** Tables of an evaluation for people; all figures in per cent except times. */

/** Scores over all, then a line a class. */
export function formatScores({ scores, networkTime }: Evaluation, names: readonly string[]): string {
  const width = Math.max(...names.map((name) => name.length), 5);
  const rows = scores.classes.map(({ iou, accuracy, precision, share }, index) =>
    [(names[index] ?? '').padEnd(width), ...[iou, accuracy, precision, share].map(percent)].join('  '),
  );
  const { mean, p50, p95 } = networkTime;
  return [
    `mIoU ${percent(scores.meanIoU).trim()} · pixel accuracy ${percent(scores.pixelAccuracy).trim()} · class accuracy ${percent(scores.classAccuracy).trim()}`,
    `network ${mean.toFixed(1)} ms a picture (p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)})`,
    '',
    ['class'.padEnd(width), '   IoU', 'recall', ' prec.', ' share'].join('  '),
    ...rows,
    '',
  ].join('\n');
}

/** Each true class as a row: where its pixels went, in per cent of the row. */
export function formatConfusion(confusion: ConfusionMatrix, names: readonly string[]): string {
  const width = Math.max(...names.map((name) => name.length), 16);
  const head = ['true \\ predicted'.padEnd(width), ...names.map((name) => name.slice(0, 6).padStart(6))].join('  ');
  const rows = confusion.rows().map((row, index) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count) => percent(total > 0 ? count / total : undefined));
    return [(names[index] ?? '').padEnd(width), ...cells].join('  ');
  });
  return [head, ...rows, ''].join('\n');
}

const percent = (share: number | undefined): string =>
  (share === undefined || Number.isNaN(share) ? '–' : (share * 100).toFixed(1)).padStart(6);
