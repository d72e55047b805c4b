import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { ClassInfo } from '../../../core/model.js';
import { cssColor, legible, type Rgb } from '../../lib/color.js';
import { axisShares, formatShare } from '../../lib/format.js';
import { now } from '../../state/clock.js';
import type { LiveStream } from '../../state/live-stream.js';
import { theme } from '../../state/preferences.js';

const HEIGHT = 180;
const SPAN_SECONDS = 180;
const SHORTEST_SPAN_SECONDS = 30;
const GAP_SECONDS = 3;
/** The logarithmic scale begins here: a thousandth of the picture. */
const LOG_FLOOR = 0.001;

/** One line a class that is shown, in its colour, made legible on the page's background. */
export function SharesChart(props: {
  readonly stream: LiveStream;
  readonly classes: readonly ClassInfo[];
  readonly hidden: ReadonlySet<number>;
  readonly scale: 'linear' | 'log';
}) {
  const { stream, classes, hidden, scale } = props;
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const themeNow = theme.value;
  const shown = [...hidden].join();

  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const made = new uPlot(options(element, classes, hidden, scale), dataOf(stream, scale), element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const repaint = () => made.redraw();
    scheme.addEventListener('change', repaint);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', repaint);
      made.destroy();
      chart.current = undefined;
    };
  }, [stream, classes, scale, shown, themeNow]);

  const version = stream.historyVersion.value;
  useEffect(() => {
    chart.current?.setData(dataOf(stream, scale));
  }, [version, stream, scale]);

  const largest = largestNow(stream, classes, hidden);
  return (
    <div
      class="chart"
      ref={root}
      role="img"
      aria-label={`Shares of the classes over the last three minutes. ${largest}`}
    >
      {version === 0 && <p class="chart-empty">The first values come in a moment.</p>}
    </div>
  );
}

function dataOf(stream: LiveStream, scale: 'linear' | 'log'): uPlot.AlignedData {
  const { times, shares } = stream.history.columns(GAP_SECONDS);
  const visible = (value: number | null) => (value === null ? null : Math.max(value, LOG_FLOOR));
  return [times, ...(scale === 'log' ? shares.map((column) => column.map(visible)) : shares)];
}

function options(
  element: HTMLElement,
  classes: readonly ClassInfo[],
  hidden: ReadonlySet<number>,
  scale: 'linear' | 'log',
): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const background = hexRgb(color('--surface'));
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: () => color('--muted'), font, ticks: { show: false }, border: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: (plot) => timeRange(plot.data[0]) },
      y:
        scale === 'log'
          ? { distr: 3, range: [LOG_FLOOR, 1] }
          : { range: (_plot, _low, high) => [0, Math.max(0.02, (high ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 24, values: (_plot, ticks) => ticks.map(clockTime) },
      {
        ...axis,
        size: 42,
        gap: 4,
        space: 36,
        grid: { stroke: () => color('--line'), width: 1 },
        values: (_plot, ticks) => axisShares(ticks),
      },
    ],
    series: [
      {},
      ...classes.map(({ id, name, color: own }) => ({
        label: name,
        show: !hidden.has(id),
        stroke: cssColor(legible(own, background, 2.2)),
        width: 1.75,
        points: { show: false },
        value: (_plot: uPlot, value: number | null) => formatShare(value ?? undefined),
      })),
    ],
  };
}

/** The last minutes, or as much of them as there is, ending now. */
function timeRange(times: ArrayLike<number>): [from: number, to: number] {
  const to = now.peek() / 1000;
  const first = times[0] ?? to;
  return [Math.max(to - SPAN_SECONDS, Math.min(first, to - SHORTEST_SPAN_SECONDS)), to];
}

function clockTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `#rrggbb`, as all colours of the theme are written. */
function hexRgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function largestNow(stream: LiveStream, classes: readonly ClassInfo[], hidden: ReadonlySet<number>): string {
  const shares = stream.painted.peek()?.shares;
  if (!shares) return '';
  return classes
    .filter(({ id }) => !hidden.has(id))
    .sort((a, b) => (shares[b.id] ?? 0) - (shares[a.id] ?? 0))
    .slice(0, 3)
    .map(({ id, name }) => `${name} ${formatShare(shares[id])}`)
    .join(', ');
}
