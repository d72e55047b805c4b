import type { ClassInfo } from '../../core/model.js';
import { escaped } from '../video/legend.js';
import type { Change, ShareRow } from './changes.js';
import { clockTime, linePlot, stackedPlot, stackTop, type TimeAxis, timeAxis } from './plot.js';
import { SUMMARY_STYLE } from './style.js';

/** The summary page as text: no script, no reference to anything outside the file. */

export interface ChangeView extends Change {
  /** JPEG in base64; empty where the picture could not be read. */
  readonly picture: string;
  /** PNG in base64, transparent where no shown class is. */
  readonly mask: string;
  /** Of the picture as it is seen. */
  readonly aspect: number;
}

export interface ClassFigures {
  readonly mean: number;
  readonly most: number;
  /** Frames in which the class occurs, of all. */
  readonly presence: number;
}

export interface SummaryFacts {
  readonly title: string;
  /** Shown classes, in the order of the rows' shares. */
  readonly classes: readonly ClassInfo[];
  /** Over all frames; in the order of `classes`. */
  readonly figures: readonly ClassFigures[];
  /** What is plotted, in order of time. */
  readonly rows: readonly ShareRow[];
  /** In order of time. */
  readonly changes: readonly ChangeView[];
  readonly facts: Readonly<Record<string, string>>;
}

export function summaryHtml({ title, classes, figures, rows, changes, facts }: SummaryFacts): string {
  const name = escaped(title);
  const axis = timeAxis(rows[0]?.seconds ?? 0, rows.at(-1)?.seconds ?? 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${name} · Maskcast</title>
<style>${SUMMARY_STYLE}</style>
</head>
<body>
<header><p>Maskcast summary</p><h1>${name}</h1></header>
<main>
<section aria-labelledby="shares"><h2 id="shares">Class shares over time</h2>${timeline(classes, rows, changes, axis)}</section>
<section aria-labelledby="classes"><h2 id="classes">Classes</h2>${classTable(classes, figures, rows, axis)}</section>
<section aria-labelledby="changes"><h2 id="changes">Strongest changes</h2>${gallery(classes, changes)}</section>
<section aria-labelledby="settings"><h2 id="settings">Recording and settings</h2><dl>${definitions(facts)}</dl></section>
</main>
</body>
</html>
`;
}

const definitions = (facts: Readonly<Record<string, string>>): string =>
  Object.entries(facts)
    .map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`)
    .join('');

function timeline(
  classes: readonly ClassInfo[],
  rows: readonly ShareRow[],
  changes: readonly ChangeView[],
  axis: TimeAxis,
): string {
  const top = stackTop(rows);
  const lines = [1, 0.5, 0].map(
    (part) => `<span class="grid" style="bottom:${part * 100}%"><span>${percent(part * top)}</span></span>`,
  );
  const marks = changes.map(({ seconds }, index) => {
    const label = `Change ${index + 1}, at ${clockTime(seconds, 1)}`;
    return `<a style="left:${place(axis, seconds)}" href="#change-${index + 1}" aria-label="${label}">${index + 1}</a>`;
  });
  const confidence = linePlot(rows, axis, (row) => row.confidence, 1, 'currentColor');
  return (
    `<figure class="timeline"><div class="marks">${marks.join('')}</div>` +
    `<div class="plot">${lines.join('')}${stackedPlot(classes, rows, axis)}</div>` +
    `<div class="ticks" aria-hidden="true">${ticks(axis)}</div>` +
    `<figcaption>Share of the picture, stacked in the colours of the table below. Numbers lead to the strongest changes.</figcaption>` +
    `<div class="confidence"><h3>Confidence</h3><div class="plot">${confidence}</div></div></figure>`
  );
}

const ticks = (axis: TimeAxis): string =>
  axis.ticks.map(({ at, text }) => `<span style="left:${(at * 100).toFixed(2)}%">${text}</span>`).join('');

const place = (axis: TimeAxis, seconds: number): string =>
  `${(Math.max(0, Math.min(1, axis.at(seconds))) * 100).toFixed(2)}%`;

function classTable(
  classes: readonly ClassInfo[],
  figures: readonly ClassFigures[],
  rows: readonly ShareRow[],
  axis: TimeAxis,
): string {
  const entries = classes.map((info, index) => ({ info, index, figures: figures[index] as ClassFigures }));
  const seen = entries.filter((entry) => entry.figures.most > 0).sort((a, b) => b.figures.mean - a.figures.mean);
  const unseen = entries.filter((entry) => entry.figures.most === 0).map(({ info }) => escaped(info.name));
  const body = seen.map(({ info: { name, color }, index, figures: { mean, most, presence } }) => {
    const ink = `rgb(${color.join(',')})`;
    const line = linePlot(rows, axis, ({ shares }) => shares[index] ?? 0, most, ink);
    return (
      `<tr><th scope="row"><span class="swatch" style="background:${ink}"></span>${escaped(name)}</th>` +
      `<td class="over-time">${line}</td><td>${percent(mean)}</td><td>${percent(most)}</td><td>${percent(presence)}</td></tr>`
    );
  });
  const table =
    `<table><thead><tr><th scope="col">Class</th><th scope="col" class="over-time">Over time, each on its own scale</th>` +
    `<th scope="col">Mean</th><th scope="col">Largest</th><th scope="col">In frames</th></tr></thead>` +
    `<tbody>${body.join('')}</tbody></table>`;
  const absent = unseen.length > 0 ? `<p class="note">Never seen: ${unseen.join(', ')}.</p>` : '';
  return (seen.length > 0 ? `<div class="scroll">${table}</div>` : '') + absent;
}

function gallery(classes: readonly ClassInfo[], changes: readonly ChangeView[]): string {
  if (changes.length === 0) return '<p class="note">Nothing changed much from one second to the next.</p>';
  const figures = changes.map(({ frame, seconds, amount, growth, picture, mask, aspect }, index) => {
    const number = index + 1;
    const image = picture ? `<img alt="Frame ${frame}" src="data:image/jpeg;base64,${picture}">` : '';
    return (
      `<figure id="change-${number}"><div class="picture" style="aspect-ratio:${aspect.toFixed(4)}">${image}` +
      `<img class="mask" alt="" src="data:image/png;base64,${mask}"></div><figcaption>` +
      `<p><b>${number}</b> ${clockTime(seconds, 1)} <span>frame ${frame}</span></p>` +
      `<ul><li>${percent(amount)} changed</li>${grown(classes, growth)}</ul></figcaption></figure>`
    );
  });
  return (
    `<p class="note">Against the picture one second before.</p><input type="checkbox" id="masks" checked><label for="masks">Show masks</label>` +
    `<div class="gallery">${figures.join('')}</div>`
  );
}

const MOST_GROWN = 3;

function grown(classes: readonly ClassInfo[], growth: readonly number[]): string {
  return classes
    .map(({ name, color }, index) => ({ name, color, by: growth[index] ?? 0 }))
    .filter(({ by }) => Math.abs(by) >= 0.0005)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))
    .slice(0, MOST_GROWN)
    .map(({ name, color, by }) => {
      const swatch = `<span class="swatch" style="background:rgb(${color.join(',')})"></span>`;
      return `<li>${swatch}${escaped(name)} ${by > 0 ? '+' : '−'}${percent(Math.abs(by))}</li>`;
    })
    .join('');
}

/** Three digits say enough. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return 'under 0.01 %';
  return `${Number(value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0))} %`;
}
