import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec, UnitSpec } from 'vega-lite/build/src/spec/index.js';
import { titleOf } from './names.js';
import { paretoFront } from './pareto.js';
import type { Curve, ModelResult, Results, Score } from './results.js';
import { configOf, INKS, type Theme } from './theme.js';

/** Plots as Vega-Lite specifications: results in, drawing instructions out. */

/** What a network costs, for the horizontal axis. Undefined where that was not measured. */
export interface Cost {
  readonly title: string;
  readonly of: (model: ModelResult) => number | undefined;
}

interface Dot {
  readonly label: string;
  readonly family: string;
  readonly precision: string;
  readonly role: string;
  readonly cost: number;
  readonly score: number;
  readonly above: boolean;
}

/** Score of the reported split against a cost; a line joins those of the compared networks that no other one beats. */
export function tradeOff({ models, data }: Results, cost: Cost, theme: Theme): TopLevelSpec {
  const split = data.splits.at(-1)?.name ?? '';
  const dots = withSides(
    models.flatMap((model) => {
      const [value, score] = [cost.of(model), model.scores[split]?.mIoU];
      if (value === undefined || score === undefined) return [];
      const { family, title } = titleOf(model.name);
      // An int8 copy is told by its shape, and lies left of its original.
      const label = model.precision === 'int8' ? '' : model.role === 'longer' ? model.name : title;
      return [{ label, family, precision: model.precision, role: model.role, cost: value, score }];
    }),
  );
  const inks = INKS[theme];
  const families = [...new Set(dots.map(({ family }) => family))];
  const precisions = [...new Set(dots.map(({ precision }) => precision))];
  const x = {
    field: 'cost',
    type: 'quantitative',
    scale: { type: 'log', nice: false, padding: 80 },
    title: cost.title,
  } as const;
  const y = {
    field: 'score',
    type: 'quantitative',
    scale: { zero: false, nice: false, padding: 30 },
    title: `mIoU on ${split}, %`,
  } as const;
  const color = {
    field: 'family',
    type: 'nominal',
    legend: null,
    scale: { domain: families, range: families.map((name) => inks.families[name as keyof typeof inks.families]) },
  } as const;
  const labels = (above: boolean): LayerSpec<string> | UnitSpec<string> => ({
    transform: [{ filter: `datum.above === ${above}` }],
    mark: { type: 'text', dy: above ? -13 : 15, fontSize: 11.5 },
    encoding: { x, y, text: { field: 'label' } },
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: 720,
    height: 380,
    config: configOf(theme),
    data: { values: dots },
    layer: [
      {
        data: { values: [...paretoFront(dots.filter(({ role }) => role === 'compared'))] },
        mark: { type: 'line', strokeDash: [4, 4], strokeWidth: 1.5, color: inks.soft },
        encoding: { x, y },
      },
      {
        mark: { type: 'point', filled: true, size: 110, opacity: 1, stroke: inks.paper, strokeWidth: 1.5 },
        encoding: {
          x,
          y,
          color,
          shape: {
            field: 'precision',
            type: 'nominal',
            scale: { domain: ['fp32', 'int8'], range: ['circle', 'diamond'] },
            legend: precisions.length > 1 ? { title: null, orient: 'top', direction: 'horizontal' } : null,
          },
        },
      },
      labels(true),
      labels(false),
    ],
  };
}

/** Points within these shares of the axes' spans would write over each other. */
const NEAR = { cost: 0.22, score: 0.07 };

/** A name goes below its point where another point lies close above it. */
function withSides(dots: readonly Omit<Dot, 'above'>[]): readonly Dot[] {
  const span = (values: readonly number[]) => Math.max(...values) - Math.min(...values) || 1;
  const [width, height] = [span(dots.map(({ cost }) => Math.log(cost))), span(dots.map(({ score }) => score))];
  return dots.map((dot) => {
    const crowded = dots.some(
      (other) =>
        other !== dot &&
        Math.abs(Math.log(other.cost / dot.cost)) < NEAR.cost * width &&
        other.score >= dot.score &&
        other.score - dot.score < NEAR.score * height,
    );
    return { ...dot, above: !crowded };
  });
}

/** Where the pixels of each true class went, in per cent of the row. */
export function confusionPlot({ confusion }: Score, classes: readonly string[], theme: Theme): TopLevelSpec {
  const { families, text, grid } = INKS[theme];
  const values = confusion.flatMap((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, guess) => ({
      truth: classes[truth],
      guess: classes[guess],
      share: total > 0 ? (100 * count) / total : 0,
    }));
  });
  const x = {
    field: 'guess',
    type: 'nominal',
    sort: null,
    title: 'predicted',
    axis: { labelAngle: -40, orient: 'top', domain: false, ticks: false },
  } as const;
  const y = {
    field: 'truth',
    type: 'nominal',
    sort: null,
    title: 'true',
    axis: { domain: false, ticks: false },
  } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: { step: 46 },
    height: { step: 30 },
    config: { ...configOf(theme), scale: { rectBandPaddingInner: 0.04 } },
    data: { values },
    layer: [
      {
        mark: { type: 'rect', cornerRadius: 2 },
        encoding: {
          x,
          y,
          color: {
            field: 'share',
            type: 'quantitative',
            legend: null,
            scale: {
              domain: [0, 100],
              range: [theme === 'light' ? '#f3f5f7' : grid, families.HRNet],
              interpolate: 'lab',
            },
          },
        },
      },
      {
        transform: [{ filter: 'datum.share >= 0.5' }],
        mark: { type: 'text', fontSize: 11 },
        encoding: {
          x,
          y,
          text: { field: 'share', format: '.0f' },
          color: {
            condition: { test: 'datum.share > 55', value: theme === 'light' ? '#ffffff' : '#0d1117' },
            value: text,
          },
        },
      },
    ],
  };
}

/** Validation mIoU and training loss over the steps of runs that had the same budget. */
export function curvesPlot(curves: readonly Curve[], theme: Theme): TopLevelSpec {
  const { families, soft } = INKS[theme];
  const named = curves.map((curve) => ({ ...titleOf(curve.model), curve }));
  const names = named.map(({ title }) => title);
  const rows = (kind: 'losses' | 'validations') =>
    named.flatMap(({ title, curve }) => curve[kind].map(([step, value]) => ({ title, step, value })));
  const panel = (kind: 'losses' | 'validations', title: string) =>
    ({
      width: 350,
      height: 260,
      title,
      data: { values: rows(kind) },
      mark: {
        type: 'line',
        strokeWidth: 2,
        point: kind === 'validations' ? { size: 40 } : false,
        interpolate: 'monotone',
      },
      encoding: {
        x: { field: 'step', type: 'quantitative', title: 'step', axis: { grid: false } },
        y: { field: 'value', type: 'quantitative', title: null, scale: { zero: false } },
        color: {
          field: 'title',
          type: 'nominal',
          sort: null,
          scale: { domain: names, range: named.map(({ family }) => families[family] ?? soft) },
          legend: {
            title: null,
            orient: 'bottom',
            columns: 3,
            symbolType: 'stroke',
            symbolSize: 300,
            labelLimit: 260,
            symbolStrokeWidth: 3,
          },
        },
        // Two networks of one family share its colour.
        strokeDash: {
          field: 'title',
          type: 'nominal',
          sort: null,
          scale: { domain: names, range: dashes(named.map(({ family }) => family)) },
        },
      },
    }) as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: configOf(theme),
    hconcat: [panel('validations', 'mIoU on validation pictures, %'), panel('losses', 'training loss')],
  };
}

const DASHES = [
  [1, 0],
  [5, 3],
  [2, 2],
  [8, 3, 2, 3],
];

const dashes = (families: readonly string[]): number[][] =>
  families.map((family, index) => {
    const before = families.slice(0, index).filter((other) => other === family).length;
    return DASHES[before % DASHES.length] as number[];
  });
