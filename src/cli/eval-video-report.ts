import type { VideoScores } from '../evaluate/video-scores.js';

/** One line of the comparison. */
export interface VideoRow {
  readonly policy: string;
  /** `hold`: the last inferred mask as it was. `raw`, `smooth`: the engine, without and with smoothing. */
  readonly kind: 'hold' | 'raw' | 'smooth';
  /** Share of the frames that the network saw, 0–1. */
  readonly inferred: number;
  /** Mean times in ms a frame. */
  readonly observeTime: number;
  readonly applyTime: number;
  readonly scores: VideoScores;
}

export interface VideoReport {
  readonly model: string;
  readonly data: string;
  readonly split: string;
  readonly frames: number;
  /** Mean time of the network alone, in ms a frame. */
  readonly networkTime: number;
  readonly classes: readonly string[];
  /** The first is the reference: every frame inferred, not smoothed. */
  readonly rows: readonly VideoRow[];
}

/** Tables for people; shares in per cent, times in ms a frame, lag in frames behind the reference. */
export function formatVideoReport({ model, data, split, frames, networkTime, classes, rows }: VideoReport): string {
  const referenceLag = rows[0]?.scores.lag.frames ?? Number.NaN;
  const overview = rows.map(({ inferred, observeTime, applyTime, scores }) => [
    percent(inferred),
    percent(scores.overall.meanIoU),
    percent(scores.agreement),
    percent(scores.warpConsistency),
    percent(scores.videoConsistency8),
    percent(scores.videoConsistency16),
    (scores.lag.frames - referenceLag).toFixed(2),
    observeTime.toFixed(1),
    applyTime.toFixed(1),
  ]);
  const longest = Math.max(...rows.map(({ scores }) => scores.byDistance.length));
  const distances = Array.from({ length: longest }, (_, distance) => String(distance));
  const byDistance = rows.map(({ scores }) => distances.map((_, at) => percent(scores.byDistance[at]?.meanIoU)));
  const byClass = rows.map(({ scores }) => scores.overall.classes.map(({ iou }) => percent(iou)));
  const names = rows.map(({ policy, kind }) => `${policy} ${kind}`);
  return [
    `${model} on ${data} ${split}: ${frames} frames, network ${networkTime.toFixed(1)} ms a frame`,
    '',
    table(names, ['inferred', 'mIoU', 'agree', 'TC', 'VC8', 'VC16', 'lag', 'observe', 'apply'], overview),
    'mIoU by frames since the last inference (9: and more)',
    table(names, distances, byDistance),
    'IoU by class',
    table(
      names,
      classes.map((name) => name.slice(0, 8)),
      byClass,
    ),
  ].join('\n');
}

function table(names: readonly string[], heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const first = Math.max(...names.map((name) => name.length));
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(first), ...cells.map((cell) => cell.padStart(8))].join(' ');
  return [line('', heads), ...rows.map((row, index) => line(names[index] as string, row)), ''].join('\n');
}

const percent = (share: number | undefined): string =>
  share === undefined || Number.isNaN(share) ? '–' : (share * 100).toFixed(1);
