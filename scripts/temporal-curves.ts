/**
 * Draws what skipping frames costs: mIoU and temporal consistency of a video against the share of frames that the network sees.
 *
 *     npm run temporal:curves -- --out docs/temporal/camvid --data DATA/camvid --split val -m MODEL --fps 15
 *     npm run temporal:curves -- --out docs/temporal/camvid --report REPORT.json
 *
 * In: arguments of `maskcast eval-video`, or what it printed with --json. Out: OUT-miou.svg and OUT-tc.svg, and the same for dark pages; and
 * OUT.json, the rows that were drawn.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TopLevelSpec } from 'vega-lite';
import type { VideoReport, VideoRow } from '../src/cli/eval/video-report.js';
import { writePlot } from './experiments/render.js';
import { configOf, INKS, type Theme } from './experiments/theme.js';

const INTERVALS = [2, 3, 4, 5, 6, 7, 8, 9, 10];
const PRICES = [0.5, 1, 2, 4];

interface Point {
  readonly line: string;
  /** Per cent of the frames. */
  readonly inferred: number;
  readonly mIoU: number;
  readonly TC: number;
}

const LINES = ['last mask held', 'interval, moved and smoothed', 'adaptive, moved and smoothed'] as const;

const [out, report] = await readArguments(process.argv.slice(2));
const points = report.rows.flatMap((row) => pointsOf(row));
await mkdir(dirname(out), { recursive: true });
await writeFile(
  `${out}.json`,
  `${JSON.stringify({ model: report.model, sha256: report.sha256, points }, undefined, 1)}\n`,
);
await writePlot(dirname(out), `${basename(out)}-miou`, (theme) => plot('mIoU', 'mIoU, %', theme));
await writePlot(dirname(out), `${basename(out)}-tc`, (theme) => plot('TC', 'temporal consistency, %', theme));

async function readArguments(args: readonly string[]): Promise<readonly [string, VideoReport]> {
  const take = (flag: string): string | undefined => {
    const at = args.indexOf(flag);
    return at < 0 ? undefined : args[at + 1];
  };
  const [to, from] = [take('--out'), take('--report')];
  if (to === undefined) throw new Error('--out says where the plots go, for instance docs/temporal/camvid');
  if (from !== undefined) return [to, JSON.parse(await readFile(from, 'utf8')) as VideoReport];
  const rest = args.filter((_, index) => args[index] !== '--out' && args[index - 1] !== '--out');
  const policies = ['every', ...INTERVALS.map((n) => `interval=${n}`), 'adaptive'].flatMap((name) => [
    '--policy',
    name,
  ]);
  const more = PRICES.flatMap((price) => ['--price', String(price)]);
  const cli = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [cli, 'eval-video', ...policies, ...more, '--smooth', 'on', '--json', ...rest],
    {
      maxBuffer: 64 * 2 ** 20,
    },
  );
  return [to, JSON.parse(stdout) as VideoReport];
}

function pointsOf({ policy, kind, scores }: VideoRow): readonly Point[] {
  const point = {
    inferred: scores.inferred * 100,
    mIoU: scores.overall.meanIoU * 100,
    TC: scores.warpConsistency * 100,
  };
  const on = (...lines: readonly (typeof LINES)[number][]) => lines.map((line) => ({ line, ...point }));
  if (policy === 'every') return kind === 'smooth' ? on('interval, moved and smoothed') : on('last mask held');
  if (policy.startsWith('adaptive')) return kind === 'smooth' ? on('adaptive, moved and smoothed') : [];
  if (kind === 'raw') return [];
  return on(kind === 'hold' ? 'last mask held' : 'interval, moved and smoothed');
}

function plot(score: 'mIoU' | 'TC', title: string, theme: Theme): TopLevelSpec {
  const { families } = INKS[theme];
  const colors = [families.other, families.HRNet, families['U-Net']];
  const color = {
    field: 'line',
    type: 'nominal',
    title: null,
    legend: { labelLimit: 0 },
    scale: { domain: [...LINES], range: colors },
  } as const;
  const x = {
    field: 'inferred',
    type: 'quantitative',
    title: 'frames that the network sees, % (logarithmic)',
    scale: { type: 'log', domain: [9, 100] as [number, number] },
    axis: { values: [10, 15, 20, 25, 33, 50, 100] as number[] },
  } as const;
  const y = { field: score, type: 'quantitative', title, scale: { zero: false } } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: 560,
    height: 300,
    config: configOf(theme),
    data: { values: [...points] },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, color } },
      { mark: { type: 'point', filled: true, size: 46, opacity: 1 }, encoding: { x, y, color } },
    ],
  };
}
