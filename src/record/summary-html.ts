import type { ClassInfo } from '../core/model.js';
import { escaped } from './legend.js';

/** The summary page as text: no script, no reference to anything outside the file. */

export interface ShareRow {
  readonly frame: number;
  /** On the source's own timeline. */
  readonly seconds: number;
  readonly inferred: boolean;
  /** Mean probability of the shown classes, 0–1. */
  readonly confidence: number;
  /** Of the picture, 0–1; in the order of the model's classes. */
  readonly shares: readonly number[];
}

export interface ChangeView {
  readonly frame: number;
  readonly seconds: number;
  readonly change: number;
  /** Base64; the JPEG may be empty where the picture could not be read. */
  readonly picture: string;
  readonly mask: string;
}

export interface SummaryFacts {
  readonly title: string;
  readonly classes: readonly ClassInfo[];
  readonly rows: readonly ShareRow[];
  readonly changes: readonly ChangeView[];
  readonly facts: Readonly<Record<string, string>>;
}

const PLOT = { width: 1000, height: 300 };

export function summaryHtml({ title, classes, rows, changes, facts }: SummaryFacts): string {
  const list = Object.entries(facts).map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)} · Maskcast</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1>
<section><h2>Class shares over time</h2>${plot(classes, rows)}${legend(classes, rows)}</section>
<section><h2>Strongest changes</h2>${changes.length === 0 ? '<p>Nothing changed.</p>' : gallery(changes)}</section>
<section><h2>Settings</h2><dl>${list.join('')}</dl></section>
</body></html>
`;
}

const STYLE = `
:root{color-scheme:light dark;--line:#8886}
body{font:16px/1.5 system-ui,sans-serif;max-width:66rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
svg{width:100%;height:auto;display:block}text{font:12px system-ui,sans-serif;fill:currentColor}
ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em;border:1px solid var(--line)}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:1rem}
figure{margin:0}figure div{position:relative}figure img{width:100%;display:block;border-radius:.3rem}
figure .mask{position:absolute;inset:0;height:100%;opacity:.5;transition:opacity .15s}figure:hover .mask{opacity:0}
figcaption{font-size:.85rem;opacity:.8}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}`;

/** Stacked areas: at each time the classes' shares fill the height. */
function plot(classes: readonly ClassInfo[], rows: readonly ShareRow[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return '';
  const span = Math.max(last.seconds - first.seconds, 1e-9);
  const x = (row: ShareRow) => (((row.seconds - first.seconds) / span) * PLOT.width).toFixed(1);
  const base = new Float64Array(rows.length);
  const areas = classes.map(({ name, color }, index) => {
    const lower = rows.map((row, at) => `${x(row)},${y(base[at] as number)}`);
    const upper = rows.map((row, at) => {
      base[at] = (base[at] as number) + (row.shares[index] ?? 0);
      return `${x(row)},${y(base[at] as number)}`;
    });
    const points = [...upper, ...lower.reverse()].join(' ');
    return `<polygon points="${points}" fill="rgb(${color.join(',')})"><title>${escaped(name)}</title></polygon>`;
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    return `<text x="${part * PLOT.width}" y="${PLOT.height + 18}" text-anchor="${anchor}">${clock(first.seconds + part * span)}</text>`;
  });
  return `<svg viewBox="0 0 ${PLOT.width} ${PLOT.height + 24}" role="img" aria-label="Class shares over time">${areas.join('')}${marks.join('')}</svg>`;
}

const y = (share: number): string => ((1 - Math.min(share, 1)) * PLOT.height).toFixed(1);

function legend(classes: readonly ClassInfo[], rows: readonly ShareRow[]): string {
  const entries = classes.map(({ name, color }, index) => {
    const mean = rows.reduce((sum, { shares }) => sum + (shares[index] ?? 0), 0) / Math.max(rows.length, 1);
    const swatch = `<span class="swatch" style="background:rgb(${color.join(',')})"></span>`;
    return `<li>${swatch}${escaped(name)} ${(mean * 100).toFixed(1)} %</li>`;
  });
  return `<ul>${entries.join('')}</ul>`;
}

function gallery(changes: readonly ChangeView[]): string {
  const figures = changes.map(({ frame, seconds, change, picture, mask }) => {
    const at = `${clock(seconds)} · frame ${frame} · ${(change * 100).toFixed(0)} % changed`;
    return (
      `<figure><div><img alt="frame ${frame}" src="data:image/jpeg;base64,${picture}">` +
      `<img class="mask" alt="" src="data:image/png;base64,${mask}"></div><figcaption>${at}</figcaption></figure>`
    );
  });
  return `<div class="gallery">${figures.join('')}</div>`;
}

function clock(seconds: number): string {
  const sign = seconds < 0 ? '−' : '';
  const whole = Math.abs(seconds);
  const minutes = Math.floor(whole / 60);
  return `${sign}${minutes}:${(whole % 60).toFixed(1).padStart(4, '0')}`;
}
