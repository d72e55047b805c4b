import sharp from 'sharp';
import type { Recording } from '../file-output.js';

/** A list of classes and their colours as a small picture with a dark, half transparent ground. */

/** Rows fit this share of the picture's height, and are never smaller than can be read. */
const ROWS_PER_HEIGHT = 32;
const SMALLEST_ROW = 12;

export function drawLegend(
  { size, model }: Pick<Recording, 'size' | 'model'>,
  classes: ReadonlySet<number>,
): Promise<Buffer> {
  const shown = model.classes.filter(({ id }) => classes.has(id));
  const most = Math.max(1, Math.floor((size.height * 0.9) / SMALLEST_ROW));
  const entries = shown.slice(0, most);
  const row = Math.max(SMALLEST_ROW, Math.min(Math.round(size.height / ROWS_PER_HEIGHT), 40));
  const letters = Math.max(1, ...entries.map(({ name }) => name.length));
  const width = even(Math.min(size.width, row * 2.2 + letters * row * 0.5));
  const height = even(Math.min(size.height, (entries.length + 0.8) * row));
  const lines = entries.map(({ name, color }, index) => {
    const top = row * (0.4 + index);
    const swatch = `<rect x="${row * 0.4}" y="${top + row * 0.15}" width="${row * 0.7}" height="${row * 0.7}" rx="${row * 0.12}" fill="rgb(${color.join(',')})"/>`;
    const label = `<text x="${row * 1.45}" y="${top + row * 0.73}" font-size="${row * 0.66}" fill="#fff">${escaped(name)}</text>`;
    return swatch + label;
  });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif">` +
    `<rect width="100%" height="100%" rx="${row * 0.3}" fill="#101418" fill-opacity="0.72"/>${lines.join('')}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

const even = (length: number) => 2 * Math.max(1, Math.round(length / 2));

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
