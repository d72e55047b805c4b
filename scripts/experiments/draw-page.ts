import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { curveGroups, PLOTS, renderPage } from './page.js';
import { type Cost, confusionPlot, curvesPlot, tradeOff } from './plots.js';
import { published } from './published.js';
import { writeLegend, writePlot } from './render.js';
import { readResults } from './results.js';
import { timingOf } from './tables.js';
import { parseWords } from './words.js';

/** In: the folder with results.json, and words.md and published.json where there are any. Out: its plots and the page beside it. */
export async function drawPage(out: string): Promise<string> {
  const results = await readResults(join(out, 'results.json'));
  const { plane, timings, models, data, curves } = results;
  const work: Cost = {
    title: `multiply-adds a picture of ${plane.width}×${plane.height}, 10⁹ (log)`,
    of: ({ multiplyAdds }) => multiplyAdds / 1e9,
  };
  const time: Cost = {
    title: `ms a picture of ${plane.width}×${plane.height}, onnxruntime-node, 2 threads (log)`,
    of: (model) => timingOf(timings, model, 2)?.median,
  };
  await writePlot(out, PLOTS.byWork, (theme) =>
    tradeOff({ ...results, models: models.filter(({ precision }) => precision === 'fp32') }, work, theme),
  );
  if (timings) await writePlot(out, PLOTS.byTime, (theme) => tradeOff(results, time, theme));
  const classes = data.classes.map(({ name }) => name);
  const split = data.splits.at(-1)?.name ?? '';
  for (const model of models) {
    const score = model.scores[split];
    if (model.precision === 'fp32' && score) {
      await writePlot(out, PLOTS.confusion(model), (theme) => confusionPlot(score, classes, theme));
    }
  }
  for (const [index, group] of curveGroups(curves).entries()) {
    await writePlot(out, PLOTS.curves(index), (theme) => curvesPlot(group, theme));
  }
  await writeLegend(out, PLOTS.legend, data.classes);
  const page = `${resolve(out)}.md`;
  const others = await textOf(join(out, 'published.json'));
  const words = await textOf(join(out, 'words.md'));
  await writeFile(
    page,
    renderPage({
      results,
      published: others === undefined ? undefined : published.parse(JSON.parse(others)),
      words: parseWords(words ?? ''),
      folder: basename(resolve(out)),
    }),
  );
  return page;
}

/** Undefined where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
