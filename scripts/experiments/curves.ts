import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Curve } from './results.js';

/** In: the folder of a training run, as `training/` writes it. Out: its learning curves, thinned for a plot. */

const recipe = z.object({
  model: z.string(),
  steps: z.int().positive(),
  batch: z.int().positive(),
  crop: z.tuple([z.int(), z.int()]),
});

const entry = z.object({
  step: z.number(),
  loss: z.number().optional(),
  validation: z.record(z.string(), z.number()).optional(),
});

/** Points of the loss that a plot shows. */
const MOST_POINTS = 150;

export async function readCurve(folder: string): Promise<Curve> {
  const [settings, log] = await Promise.all(
    ['recipe.json', 'log.jsonl'].map((file) => readFile(join(folder, file), 'utf8')),
  );
  return parseCurve(basename(resolve(folder)), settings as string, log as string);
}

/** @param log one JSON object a line: `{step, loss}` or `{step, validation: {"val/car": IoU in per cent, …, "selection"}}` */
export function parseCurve(run: string, settings: string, log: string): Curve {
  const { model, steps, batch, crop } = recipe.parse(JSON.parse(settings));
  const entries = log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => entry.parse(JSON.parse(line)));
  const losses = entries.flatMap(({ step, loss }): Curve['losses'] => (loss === undefined ? [] : [[step, loss]]));
  const validations = entries.flatMap(({ step, validation }): Curve['validations'] => {
    const mean = validation && validationMean(validation);
    return mean === undefined ? [] : [[step, round(mean)]];
  });
  return { run, model, steps, batch, crop, losses: thinned(losses), validations };
}

/** Mean IoU over the classes of the first validation set. */
function validationMean(validation: Readonly<Record<string, number>>): number | undefined {
  const first = Object.keys(validation)
    .find((key) => key.includes('/'))
    ?.split('/')[0];
  const values = Object.entries(validation).flatMap(([key, value]) => (key.startsWith(`${first}/`) ? [value] : []));
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
}

/** Means over equal spans. */
function thinned(points: Curve['losses']): Curve['losses'] {
  const span = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  const groups = Array.from({ length: Math.ceil(points.length / span) }, (_, index) =>
    points.slice(index * span, (index + 1) * span),
  );
  return groups.map((group) => {
    const loss = group.reduce((sum, [, value]) => sum + value, 0) / group.length;
    return [group.at(-1)?.[0] ?? 0, round(loss)];
  });
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
