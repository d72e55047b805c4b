import { CLASS_GROUPS, type ClassGroup } from '../../evaluate/class-groups.js';
import type { VideoScores } from '../../evaluate/video-scores.js';

/** One line of the comparison. */
export interface VideoRow {
  /** As `--policy` reads it; an adaptive one at another price than usual ends in ` ×FACTOR`. */
  readonly policy: string;
  /** `hold`: the last inferred mask as it was. `raw`, `smooth`: the engine, without and with smoothing. */
  readonly kind: 'hold' | 'raw' | 'smooth';
  /** Mean times of the engine in ms a frame; absent for `hold`, which needs none of it. */
  readonly times: EngineTimes | undefined;
  readonly scores: VideoScores;
}

export interface EngineTimes {
  /** Motion, and whether to run the network. */
  readonly decide: number;
  readonly propagate: number;
  /** What smoothing adds; 0 without. */
  readonly smooth: number;
}

export interface VideoReport {
  readonly model: string;
  /** SHA-256 of the network's file. */
  readonly sha256: string;
  /** The video: data set and split, or a file. */
  readonly data: string;
  /** Whether people labelled it. Where not, the network's own masks of every frame are the truth. */
  readonly labelled: boolean;
  readonly frames: number;
  /** Frames in still stretches. */
  readonly stillFrames: number;
  /** Mean time of the network alone, in ms a frame. */
  readonly networkTime: number;
  readonly classes: readonly { readonly name: string; readonly group: ClassGroup }[];
  /** The first is the reference: every frame inferred, not smoothed. */
  readonly rows: readonly VideoRow[];
}

const GROUP_TITLES: Readonly<Record<ClassGroup, string>> = {
  thin: 'IoU of thin classes',
  moving: 'IoU of classes that move',
  other: 'IoU of the other classes',
};

/** Tables for people; shares in per cent, times in ms a frame, lag in frames behind the reference. */
export function formatVideoReport(report: VideoReport): string {
  const { model, sha256, data, labelled, frames, stillFrames, networkTime, classes, rows } = report;
  const names = rows.map(({ policy, kind }) => `${policy} ${kind}`);
  const longest = Math.max(...rows.map(({ scores }) => scores.byDistance.length));
  const distances = Array.from({ length: longest }, (_, distance) => String(distance));
  const byDistance = rows.map(({ scores }) => distances.map((_, at) => percent(scores.byDistance[at]?.meanIoU)));
  return [
    `${model} (sha256 ${sha256.slice(0, 12)}) on ${data}: ${frames} frames, ${stillFrames} of them in still stretches; network ${networkTime.toFixed(1)} ms a frame`,
    ...(labelled ? [] : ["No labels: the truth is the network's own mask of every frame."]),
    '',
    table(names, ...overview(report)),
    'Time of the engine, ms a frame, and as a share of a network run',
    table(names, ['decide', 'propag.', 'smooth', 'share'], rows.map(timeCells(networkTime))),
    'mIoU by frames since the last inference (9: and more)',
    table(names, distances, byDistance),
    ...CLASS_GROUPS.flatMap((group) => {
      const members = classes.flatMap((entry, index) => (entry.group === group ? [{ ...entry, index }] : []));
      if (members.length === 0) return [];
      const cells = rows.map(({ scores }) => {
        const values = members.map(({ index }) => scores.overall.classes[index]?.iou);
        return [percent(mean(values)), ...values.map(percent)];
      });
      return [GROUP_TITLES[group], table(names, ['mean', ...members.map(({ name }) => name.slice(0, 8))], cells)];
    }),
  ].join('\n');
}

function overview({ labelled, rows }: VideoReport): readonly [readonly string[], readonly (readonly string[])[]] {
  const referenceLag = rows[0]?.scores.lag.frames ?? Number.NaN;
  const heads = ['inferred', 'still', 'mIoU', ...(labelled ? ['agrmIoU'] : []), 'agree', 'TC', 'VC8', 'VC16'];
  const cells = rows.map(({ scores }) => [
    percent(scores.inferred),
    percent(scores.inferredStill),
    percent(scores.overall.meanIoU),
    ...(labelled ? [percent(scores.agreementIoU)] : []),
    percent(scores.agreement),
    percent(scores.warpConsistency),
    percent(scores.videoConsistency8),
    percent(scores.videoConsistency16),
    number(scores.flicker, 3),
    number(scores.specks, 1),
    number(scores.lag.frames - referenceLag, 2),
    percent(scores.lag.followed / scores.lag.changes),
  ]);
  return [[...heads, 'flicker', 'specks', 'smear', 'followed'], cells];
}

const timeCells =
  (networkTime: number) =>
  ({ times }: VideoRow): readonly string[] => {
    if (!times) return ['–', '–', '–', '–'];
    const { decide, propagate, smooth } = times;
    const share = (decide + propagate + smooth) / networkTime;
    return [number(decide, 2), number(propagate, 2), number(smooth, 2), percent(share)];
  };

function table(names: readonly string[], heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const first = Math.max(...names.map((name) => name.length));
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(first), ...cells.map((cell) => cell.padStart(8))].join(' ');
  return [line('', heads), ...rows.map((row, index) => line(names[index] as string, row)), ''].join('\n');
}

function mean(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');

const percent = (share: number | undefined): string => number((share ?? Number.NaN) * 100, 1);
