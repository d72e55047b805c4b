import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Results } from './results.js';
import { INKS, THEMES, type Theme } from './theme.js';

/** Writes `NAME.svg` for white pages and `dark/NAME.svg` for black ones. */
export async function writePlot(folder: string, name: string, plot: (theme: Theme) => TopLevelSpec): Promise<void> {
  for (const theme of THEMES) {
    const view = new View(parse(compile(plot(theme)).spec), { renderer: 'none' });
    const svg = await view.toSVG();
    await writeDrawing(folder, name, theme, svg);
    view.finalize();
  }
}

/** Colours of classes with their names, in a line that wraps. */
export async function writeLegend(folder: string, name: string, classes: Results['data']['classes']): Promise<void> {
  const [columns, cell, line] = [6, 120, 24];
  const rows = Math.ceil(classes.length / columns);
  for (const theme of THEMES) {
    const entries = classes.map(({ name: label, color }, index) => {
      const [x, y] = [(index % columns) * cell, Math.floor(index / columns) * line];
      return (
        `<rect x="${x + 1}" y="${y + 5}" width="14" height="14" rx="2" fill="rgb(${color})" stroke="${INKS[theme].soft}" stroke-width="0.5"/>` +
        `<text x="${x + 22}" y="${y + 17}">${escaped(label)}</text>`
      );
    });
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${columns * cell}" height="${rows * line}" font-family="system-ui, sans-serif" font-size="13" fill="${INKS[theme].text}">${entries.join('')}</svg>`;
    await writeDrawing(folder, name, theme, svg);
  }
}

async function writeDrawing(folder: string, name: string, theme: Theme, svg: string): Promise<void> {
  const path = join(folder, theme === 'dark' ? 'dark' : '', `${name}.svg`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${svg}\n`);
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
