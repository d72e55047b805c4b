import { titleOf } from './names.js';
import { paretoFront } from './pareto.js';
import type { Published } from './published.js';
import type { Curve, Machine, ModelResult, Results } from './results.js';
import {
  accuracyTable,
  classTable,
  costTable,
  type Entry,
  entriesOf,
  reported,
  score,
  signed,
  table,
  timingOf,
} from './tables.js';
import { scoresDigest, type Words } from './words.js';

export interface PageParts {
  readonly results: Results;
  readonly published: Published | undefined;
  readonly words: ReadonlyMap<string, Words>;
  /** Folder of the pictures, relative to the page. */
  readonly folder: string;
}

/** Names of the plots that the page shows, without theme and extension. */
export const PLOTS = {
  byWork: 'accuracy-multiply-adds',
  byTime: 'accuracy-speed',
  legend: 'classes',
  confusion: ({ name }: ModelResult) => `confusion-${name}`,
  curves: (index: number) => `curves-${index + 1}`,
};

/** The whole page: every figure in it comes from `results`, every opinion from `words`. */
export function renderPage(parts: PageParts): string {
  const { results } = parts;
  const [compared, longer] = [entriesOf(results, 'compared'), entriesOf(results, 'longer')];
  const sections = [
    head(results),
    inShort(parts, compared, longer),
    section('Is HRNet ahead?', said(parts, 'verdict')),
    accuracy(parts, compared, longer),
    cost(parts, compared, longer),
    section(
      'Class by class',
      `IoU on ${last(results)}, in per cent, fp32.`,
      classTable(results, compared),
      longer.length > 0 ? `Trained longer:\n\n${classTable(results, longer)}` : '',
    ),
    confusions(parts, compared, longer),
    looks(parts, compared, longer),
    curves(parts),
    publishedFigures(parts, compared, longer),
    method(parts),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function head({ data, date }: Results): string {
  const splits = data.splits.map(
    ({ name, images, of }) => `${images === of ? images : `${images} of ${of}`} pictures of \`${name}\``,
  );
  return [
    '# Experiments',
    `HRNet beside U-Net, SegNet and DeepLab: the same recipe, the same budget, the same pictures, scored through the very path that serves frames.
Data: ${data.name}, ${splits.join(', ')}; ${date}. Every figure and picture on this page is made by \`npm run experiments\` ([how](#how-this-page-is-made)),
but for what is marked as published by others.`,
  ].join('\n\n');
}

function inShort(parts: PageParts, compared: readonly Entry[], longer: readonly Entry[]): string {
  const { results } = parts;
  const split = last(results);
  const [best] = compared;
  const hrnet = compared.find(({ fp32 }) => titleOf(fp32.name).family === 'HRNet');
  const rival = compared.find(({ fp32 }) => titleOf(fp32.name).family !== 'HRNet');
  const lines: string[] = [];
  if (best && compared.length > 1) {
    lines.push(`Best on \`${split}\` at equal budget: **${best.title}**, mIoU ${score(reported(results, best.fp32))}.`);
  }
  if (hrnet && rival) {
    const lead = (reported(results, hrnet.fp32) ?? 0) - (reported(results, rival.fp32) ?? 0);
    const where = lead > 0 ? 'above' : 'below';
    lines.push(
      `The best HRNet, ${hrnet.title}, is ${Math.abs(lead).toFixed(1)} points ${where} the best other network, ${rival.title}.`,
    );
  }
  const timed = compared.flatMap((entry) => pointOf(results, entry, timingOf(results.timings, entry.fp32, 2)?.median));
  const worked = compared.flatMap((entry) => pointOf(results, entry, entry.fp32.multiplyAdds));
  for (const [points, what] of [
    [timed, 'ms (2 threads, fp32)'],
    [worked, 'multiply-adds'],
  ] as const) {
    if (points.length < 2) continue;
    const front = paretoFront(points).map(({ title }) => title);
    lines.push(`By mIoU against ${what}, no other network beats ${enumerate(front)}.`);
  }
  for (const entry of longer) {
    const loss = entry.int8 && (reported(results, entry.int8) ?? 0) - (reported(results, entry.fp32) ?? 0);
    const int8 = loss === undefined ? '' : `, as int8 ${signed(loss)}`;
    lines.push(`Trained longer: \`${entry.fp32.name}\`, mIoU ${score(reported(results, entry.fp32))}${int8}.`);
  }
  const plot = results.timings ? PLOTS.byTime : PLOTS.byWork;
  const against = results.timings ? 'ms a picture' : 'multiply-adds';
  return section(
    'In short',
    lines.map((line) => `- ${line}`).join('\n'),
    picture(parts.folder, plot, `mIoU against ${against}`),
    'Up and left is better. Dashed: of the networks at equal budget, those that no other one beats in both.',
  );
}

const pointOf = (results: Results, { title, fp32 }: Entry, cost: number | undefined) => {
  const value = reported(results, fp32);
  return cost === undefined || value === undefined ? [] : [{ title, cost, score: value }];
};

function accuracy(parts: PageParts, compared: readonly Entry[], longer: readonly Entry[]): string {
  const { results } = parts;
  return section(
    'Accuracy',
    `Per cent; native size, padded, single scale, no mirroring. Chosen on \`${results.data.splits[0]?.name}\`, reported on \`${last(results)}\`.`,
    accuracyTable(results, compared),
    longer.length > 0
      ? `Not part of the comparison, since they were trained longer (${enumerate(longer.map(({ fp32 }) => `\`${fp32.name}\`: ${fp32.trainedOn}`))}):\n\n${accuracyTable(results, longer)}`
      : '',
    said(parts, 'accuracy'),
  );
}

function cost({ results, folder }: PageParts, compared: readonly Entry[], longer: readonly Entry[]): string {
  const { plane, timings } = results;
  const counted = `For one input of ${plane.width}×${plane.height} pixels. Parameters and multiply-adds are those of the convolutions, counted in the ONNX
file itself (batch normalisation is folded in).`;
  const how = timings
    ? `Times: \`session.run\` in onnxruntime-node, networks taking turns in changing order, medians of ${timings.rounds} rounds; ${describe(timings.machine)}, ${timings.date}, load ${timings.load.toFixed(1)} before
the start. "Faster by" is the quotient of the two networks' median ratios to ${timings.reference} within a round. Memory: peak of a fresh process; without a network it is ${timings.memoryWithoutModel.toFixed(0)} MiB.`
    : 'Times and memory have not been measured for these networks yet.';
  const plot = timings
    ? `By multiply-adds, which no machine's mood changes:\n\n${picture(folder, PLOTS.byWork, 'mIoU against multiply-adds')}`
    : '';
  return section('Cost', counted, costTable(results, [...compared, ...longer]), how, plot);
}

function confusions({ results, folder }: PageParts, compared: readonly Entry[], longer: readonly Entry[]): string {
  const plots = [...longer, ...compared].map(({ title, fp32 }, index) => {
    const image = picture(folder, PLOTS.confusion(fp32), `Confusion matrix of ${title}`);
    return `<details${index === 0 ? ' open' : ''}><summary>${title}</summary>\n\n${image}\n\n</details>`;
  });
  return section(
    'What is taken for what',
    `Of the pixels of each true class on \`${last(results)}\`, per cent (rows sum to 100).`,
    ...plots,
  );
}

function looks(parts: PageParts, compared: readonly Entry[], longer: readonly Entry[]): string {
  const { results, folder } = parts;
  const row = (title: string, file: string) => `**${title}**\n\n![${title}](${folder}/${file})`;
  const rows = [...longer, ...compared].flatMap(({ title, fp32: { shown } }) =>
    shown.picture ? [row(`${title}: mIoU ${score(shown.mIoU)}`, shown.picture)] : [],
  );
  const others = results.shown.others.flatMap(({ name, mIoU, picture: file }) =>
    file ? [row(`${name}, made for such views: mIoU ${score(mIoU)}`, file)] : [],
  );
  return section(
    'What it looks like',
    `Pictures of ${results.data.name} may not be passed on, so these are the ${results.shown.images} frames of ${results.shown.data} that come with the tests: an ordinary camera, which street
networks never saw. Mask in the network's own colours, then errors in red (dark: not counted). \`--grids FOLDER\` draws the same of the data set, for your eyes only.`,
    picture(folder, PLOTS.legend, 'Colours of the classes'),
    row('Picture and truth', results.shown.truth),
    ...rows,
    ...others,
    said(parts, 'looks'),
  );
}

/** Runs that had the same budget share a plot. */
export function curveGroups(curves: readonly Curve[]): readonly (readonly Curve[])[] {
  const groups = new Map<string, Curve[]>();
  for (const curve of curves) {
    const key = budgetOf(curve);
    groups.set(key, [...(groups.get(key) ?? []), curve]);
  }
  return [...groups.values()];
}

const budgetOf = ({ steps, batch, crop: [height, width] }: Curve): string =>
  `${steps.toLocaleString('en')} steps of ${batch} crops of ${width}×${height}`;

function curves({ results, folder }: PageParts): string {
  const plots = curveGroups(results.curves).map((group, index) => {
    const [first] = group;
    const budget = first ? budgetOf(first) : '';
    const ended = group.filter(({ losses, steps }) => (losses.at(-1)?.[0] ?? 0) < steps);
    const note = ended.length > 0 ? ` Stopped early: ${enumerate(ended.map(({ run }) => run))}.` : '';
    return `**${budget}.**${note}\n\n${picture(folder, PLOTS.curves(index), `Learning curves, ${budget}`)}`;
  });
  return plots.length === 0 ? '' : section('Learning curves', ...plots);
}

function publishedFigures(
  { results, published }: PageParts,
  compared: readonly Entry[],
  longer: readonly Entry[],
): string {
  if (!published) return '';
  const ours = [...longer, ...compared].map(({ title, fp32 }) => [
    `**${title}**`,
    `${(fp32.parameters / 1e6).toFixed(2)} M`,
    `**${score(reported(results, fp32))}**`,
    fp32.trainedOn,
    'measured here',
  ]);
  const theirs = published.rows.map(({ model, parameters, mIoU, trainedOn, source, url }) => [
    model,
    parameters,
    mIoU,
    trainedOn,
    `published: ${url ? `[${source}](${url})` : source}`,
  ]);
  return section(
    'Beside what others published',
    `${published.data}. Figures of others were not measured here.`,
    table(['network', 'parameters', 'mIoU', 'trained on', 'source'], [...ours, ...theirs], '---'),
  );
}

function method(parts: PageParts): string {
  const { machine, data } = parts.results;
  return section(
    'How this page is made',
    `\`\`\`sh
npm run experiments -- --data DATA --models MODELS/A MODELS/A-int8 MODELS/B … --longer models/NAME … --runs RUNS/A RUNS/B …
npm run experiments -- --timings-only --models MODELS/A … --longer models/NAME …   # on a quiet machine
npm run experiments -- --render-only                                                # after a change of words or looks
\`\`\``,
    `- A model is a folder with an ONNX file and its manifest, a run one that \`training/\` wrote, DATA a labelled data set
  ([layout](models.md#how-good-is-it)). \`--every 8\` or \`--limit 20\` take a part while you develop; the page then says so.
- Each picture's counts are kept in \`.cache/experiments\` under the checksums of network, picture and label. A run that was stopped goes on; a
  second one redoes what changed. \`--reuse\` takes over what \`results.json\` says of networks that are still the same, where the counts are gone,
  \`--keep\` what it says of the networks under comparison, where their files are gone. Times belong to a graph: they stay with a network that was trained anew.
- Numbers are in [\`results.json\`](${parts.folder}/results.json), words in [\`words.md\`](${parts.folder}/words.md), figures of others in
  [\`published.json\`](${parts.folder}/published.json). The page is made of these three.
- Scores (${data.splits.map(({ name }) => name).join(', ')}) don't depend on the machine but for rounding; these were made on ${describe(machine)}.`,
    said(parts, 'agreement'),
  );
}

/** A kept text, with a note where the figures have changed since. */
function said({ words, results }: PageParts, name: string): string {
  const entry = words.get(name);
  if (!entry) return '';
  if (entry.of === undefined || entry.of === scoresDigest(results)) return entry.text;
  return `${entry.text}\n\n*(Written for earlier figures: section "${name}" of words.md.)*`;
}

function section(title: string, ...parts: readonly string[]): string {
  const kept = parts.filter((part) => part !== '');
  return kept.length === 0 ? '' : [`## ${title}`, ...kept].join('\n\n');
}

const picture = (folder: string, name: string, alt: string): string =>
  `<picture><source media="(prefers-color-scheme: dark)" srcset="${folder}/dark/${name}.svg"><img alt="${alt}" src="${folder}/${name}.svg"></picture>`;

const describe = ({ processor, cores, memoryGiB, system, node, onnxruntime }: Machine): string =>
  `${cores} cores of an ${processor}, ${memoryGiB} GiB, ${system}, Node ${node.replace('v', '')}, onnxruntime-node ${onnxruntime}`;

const last = ({ data }: Results): string => data.splits.at(-1)?.name ?? '';

const enumerate = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
