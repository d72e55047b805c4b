import type { JobTimeline } from '../../delivery/http/jobs-schema.js';

/** The class timeline as geometry: stacked areas in a box of 1 × 1, time to the right, shares upward. Pure. */

export interface Band {
  readonly name: string;
  /** SVG path in a box of `WIDTH` × `HEIGHT`, y downward. */
  readonly path: string;
}

export interface TimelineShape {
  readonly bands: readonly Band[];
  /** The share that the top of the box stands for, 0–1. */
  readonly top: number;
}

export const WIDTH = 1000;
export const HEIGHT = 100;

/** Round shares that the top of the box may stand for. */
const TOPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];

/**
 * @param shown names of the classes to draw, lowest first
 * @param duration seconds that the box is wide
 */
export function timelineShape(timeline: JobTimeline, shown: readonly string[], duration: number): TimelineShape {
  const { seconds, shares } = timeline;
  const columns = shown.flatMap((name) => shares.find((share) => share.class === name) ?? []);
  const most = seconds.reduce((max, _, i) => Math.max(max, sumAt(columns, i)), 0);
  const top = TOPS.find((share) => share >= most - 1e-6) ?? 1;
  const x = xs(timeline, duration);
  const base = new Float64Array(seconds.length);
  const y = (share: number) => (HEIGHT * (1 - Math.min(1, share / top))).toFixed(2);
  const bands = columns.map(({ class: name, values }) => {
    const lower = x.map((at, i) => `${at} ${y(base[sourceIndex(i, seconds.length)] as number)}`);
    for (let i = 0; i < base.length; i++) base[i] = (base[i] as number) + (values[i] ?? 0);
    const upper = x.map((at, i) => `${at} ${y(base[sourceIndex(i, seconds.length)] as number)}`);
    return { name, path: upper.length === 0 ? '' : `M${upper.join('L')}L${lower.reverse().join('L')}Z` };
  });
  return { bands, top };
}

const sumAt = (columns: readonly { readonly values: readonly number[] }[], i: number): number =>
  columns.reduce((sum, { values }) => sum + (values[i] ?? 0), 0);

/** Every point's place, and the last one's again at the end of its span: the last frame lasts, too. */
function xs({ seconds }: JobTimeline, duration: number): string[] {
  const place = (time: number) => (Math.min(1, Math.max(0, time / duration)) * WIDTH).toFixed(2);
  const last = seconds.at(-1);
  if (last === undefined) return [];
  const span = seconds.length > 1 ? last - (seconds.at(-2) as number) : duration;
  return [...seconds.map(place), place(last + span)];
}

const sourceIndex = (i: number, length: number): number => Math.min(i, length - 1);

/** The point of the timeline that stands for a time: the last one not after it; undefined outside. */
export function pointAt({ seconds }: JobTimeline, time: number): number | undefined {
  if (seconds.length === 0 || time < (seconds[0] as number)) return undefined;
  let low = 0;
  let high = seconds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((seconds[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Classes at a point, largest first, those that round to nothing left out. */
export function readPoint(
  { shares }: JobTimeline,
  point: number,
): readonly { readonly name: string; readonly share: number }[] {
  return shares
    .map(({ class: name, values }) => ({ name, share: values[point] ?? 0 }))
    .filter(({ share }) => share >= 0.0005)
    .sort((a, b) => b.share - a.share);
}

/** Marks where the network looked, as an SVG path of upright strokes; empty where it looked at every frame. */
export function inferredMarks(timeline: JobTimeline, duration: number): string {
  if (timeline.inferred.every((inferred) => inferred)) return '';
  return timeline.seconds
    .flatMap((time, i) => (timeline.inferred[i] ? `M${((time / duration) * WIDTH).toFixed(2)} 0v1` : []))
    .join('');
}

/** Round times for an axis of `duration` seconds with at most `count` steps. */
export function timeMarks(duration: number, count: number): number[] {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];
  const step = steps.find((seconds) => duration / seconds <= count) ?? Math.ceil(duration / count / 3600) * 3600;
  const marks: number[] = [];
  for (let i = 0; i * step <= duration + 1e-9; i++) marks.push(Math.round(i * step * 1000) / 1000);
  return marks;
}
