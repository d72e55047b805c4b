import type { ClassInfo } from '../../core/model.js';
import { escaped } from '../video/legend.js';
import type { ShareRow } from './changes.js';

/**
 * Plots over time as SVG that takes any width. Letters would be squeezed with it, so axes are HTML, placed in per cent.
 */

/** Units of the SVGs; the page decides how large they are. */
const WIDTH = 1000;
const HEIGHT = 100;

export interface TimeAxis {
  /** Share of the width, 0–1. */
  at(seconds: number): number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];
const MOST_TICKS = 8;

export function timeAxis(first: number, last: number): TimeAxis {
  const span = Math.max(last - first, 1e-9);
  const at = (seconds: number) => (seconds - first) / span;
  const step = STEPS.find((each) => span / each <= MOST_TICKS) ?? 86_400 * Math.ceil(span / 86_400 / MOST_TICKS);
  const ticks = [];
  for (let index = Math.ceil(first / step - 1e-6); index * step <= last + step * 1e-6; index++) {
    ticks.push({ at: at(index * step), text: clockTime(index * step, step < 1 ? 1 : 0) });
  }
  return { at, ticks };
}

/** `1:02:03`, `2:03.4`. */
export function clockTime(seconds: number, decimals: number): string {
  const scale = 10 ** decimals;
  const units = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(units / scale);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = decimals > 0 ? `.${String(units % scale).padStart(decimals, '0')}` : '';
  const short = `${String(whole % 60).padStart(2, '0')}${rest}`;
  const text = hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${short}` : `${minutes}:${short}`;
  return seconds < 0 && units > 0 ? `−${text}` : text;
}

const CEILINGS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8];

/** The round share at the top of an axis that has to reach `most`. */
const ceiling = (most: number): number => CEILINGS.find((each) => most <= each) ?? 1;

/** Stacked areas, the first class at the bottom. */
export function stackedPlot(classes: readonly ClassInfo[], rows: readonly ShareRow[], axis: TimeAxis): string {
  const top = stackTop(rows);
  const base = new Float64Array(rows.length);
  const areas = classes.map(({ name, color }, index) => {
    const points = rows.map((row, at) => {
      const low = base[at] as number;
      base[at] = low + (row.shares[index] ?? 0);
      return { x: x(axis, row), low: y(low / top), high: y((base[at] as number) / top) };
    });
    const upper = points.map((point) => `${point.x},${point.high}`);
    const lower = points.map((point) => `${point.x},${point.low}`).reverse();
    return `<polygon points="${[...upper, ...lower].join(' ')}" fill="rgb(${color.join(',')})"><title>${escaped(name)}</title></polygon>`;
  });
  return svg('stack', areas.join(''));
}

export const stackTop = (rows: readonly ShareRow[]): number =>
  ceiling(Math.max(0, ...rows.map(({ shares }) => shares.reduce((sum, share) => sum + share, 0))));

/** One line above its filled ground; the top is `top`. */
export function linePlot(
  rows: readonly ShareRow[],
  axis: TimeAxis,
  value: (row: ShareRow) => number,
  top: number,
  color: string,
): string {
  const line = rows.map((row) => `${x(axis, row)},${y(top > 0 ? value(row) / top : 0)}`).join(' ');
  const [first, last] = [rows[0], rows.at(-1)];
  const ground = first && last ? `${x(axis, first)},${HEIGHT} ${line} ${x(axis, last)},${HEIGHT}` : '';
  return svg(
    'line',
    `<polygon points="${ground}" fill="${color}" fill-opacity=".25"/><polyline points="${line}" fill="none" stroke="${color}"/>`,
  );
}

const svg = (kind: string, content: string): string =>
  `<svg class="${kind}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">${content}</svg>`;

const x = (axis: TimeAxis, row: ShareRow): string => short(axis.at(row.seconds) * WIDTH);
const y = (share: number): string => short((1 - Math.min(1, share)) * HEIGHT);
const short = (value: number): string => String(Number(value.toFixed(1)));
