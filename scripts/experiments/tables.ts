import { pairOf, titleOf } from './names.js';
import type { ModelResult, Results, Timings } from './results.js';

/** Tables of the page: results in, Markdown out. */

/** A network with its int8 copy. */
export interface Entry {
  readonly title: string;
  readonly fp32: ModelResult;
  readonly int8: ModelResult | undefined;
}

/** The networks of one role, the best on the reported split first. */
export function entriesOf(results: Results, role: ModelResult['role']): readonly Entry[] {
  const { models } = results;
  return models
    .filter((model) => model.role === role && model.precision === 'fp32')
    .map((fp32) => ({
      // Of one architecture there may be several, trained on different data.
      title: role === 'longer' ? fp32.name : titleOf(fp32.name).title,
      fp32,
      int8: models.find(({ name, precision }) => precision === 'int8' && pairOf(name) === fp32.name),
    }))
    .sort((a, b) => (reported(results, b.fp32) ?? 0) - (reported(results, a.fp32) ?? 0));
}

/** mIoU on the split that is reported. */
export const reported = ({ data }: Results, model: ModelResult): number | undefined =>
  model.scores[data.splits.at(-1)?.name ?? '']?.mIoU;

export function accuracyTable(results: Results, entries: readonly Entry[]): string {
  const splits = results.data.splits.map(({ name }) => name);
  const last = splits.at(-1) ?? '';
  const head = [
    'network',
    ...splits.map((name) => `mIoU ${name}`),
    'pixels right',
    'mean recall',
    `int8: mIoU ${last}`,
  ];
  const rows = entries.map(({ title, fp32, int8 }) => [
    title,
    ...splits.map((name) => (name === last ? bold(score(fp32.scores[name]?.mIoU)) : score(fp32.scores[name]?.mIoU))),
    score(fp32.scores[last]?.pixelAccuracy),
    score(fp32.scores[last]?.classAccuracy),
    int8
      ? `${score(int8.scores[last]?.mIoU)} (${signed(difference(int8.scores[last]?.mIoU, fp32.scores[last]?.mIoU))})`
      : '–',
  ]);
  return table(head, rows);
}

export function costTable({ timings }: Results, entries: readonly Entry[]): string {
  const time = (model: ModelResult | undefined, threads: number) => model && timingOf(timings, model, threads);
  const head = [
    'network',
    'parameters',
    'multiply-adds',
    'ms, 1 thread',
    'ms, 2 threads',
    'int8: ms, 2 threads',
    'int8 is faster by',
    'memory, MiB: fp32; int8',
    'file, MB: fp32; int8',
  ];
  const rows = entries.map(({ title, fp32, int8 }) => {
    const [slow, quick] = [time(fp32, 2), time(int8, 2)];
    return [
      title,
      `${(fp32.parameters / 1e6).toFixed(2)} M`,
      `${fp32.uncounted.length > 0 ? '≥ ' : ''}${(fp32.multiplyAdds / 1e9).toFixed(2)} G`,
      ms(time(fp32, 1)?.median),
      ms(slow?.median),
      ms(quick?.median),
      slow && quick ? `${(quick.ratio / slow.ratio).toFixed(2)}×` : '–',
      [fp32, int8].map((model) => (model && timings?.memory[model.sha256]?.toFixed(0)) ?? '–').join('; '),
      [fp32, int8].map((model) => (model ? (model.bytes / 1e6).toFixed(1) : '–')).join('; '),
    ];
  });
  return table(head, rows);
}

export const timingOf = (timings: Timings | undefined, { sha256 }: ModelResult, threads: number) =>
  timings?.runs.find((run) => run.sha256 === sha256 && run.threads === threads);

/** IoU of each class (row) for each network (column); the best of a row is bold. */
export function classTable({ data }: Results, entries: readonly Entry[]): string {
  const split = data.splits.at(-1)?.name ?? '';
  const rows = data.classes.map(({ name }) => {
    const values = entries.map(({ fp32 }) => fp32.scores[split]?.iou[name] ?? undefined);
    const best = Math.max(...values.map((value) => value ?? -1));
    return [
      name,
      ...values.map((value) => (value === best && best > 0 && entries.length > 1 ? bold(score(value)) : score(value))),
    ];
  });
  return table(['class', ...entries.map(({ title }) => title)], rows);
}

/** @param align of all columns but the first */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: '---' | '---:' = '---:',
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : align))), ...rows.map(line)].join('\n');
}

export const score = (value: number | null | undefined): string => value?.toFixed(1) ?? '–';
const ms = (value: number | undefined): string => value?.toFixed(value < 10 ? 1 : 0) ?? '–';
const bold = (text: string): string => `**${text}**`;
const difference = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a - b;

/** With a true minus sign. */
export const signed = (value: number | undefined): string =>
  value === undefined ? '–' : `${value < -0.05 ? '−' : value > 0.05 ? '+' : '±'}${Math.abs(value).toFixed(1)}`;
