import sharp from 'sharp';
import type { Size } from '../../core/geometry.js';
import type { Recording } from '../file-output.js';

/** A list of classes and their colours as a small picture with a dark, half transparent ground. */

/** Rows fit this share of the picture's height; smaller than `SMALL_ROW` they are hard to read, than `SMALLEST_ROW` not at all. */
const ROWS_PER_HEIGHT = 32;
const SMALL_ROW = 12;
const SMALLEST_ROW = 8;
/** Of the picture: the legend covers less than a fifth. */
const LARGEST_SHARE = 0.19;

export function drawLegend(
  { size, model }: Pick<Recording, 'size' | 'model'>,
  classes: ReadonlySet<number>,
): Promise<Buffer> {
  const { entries, row, width, height } = legendLayout(
    size,
    model.classes.filter(({ id }) => classes.has(id)),
  );
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

/** Rows become smaller, then fewer, until the legend covers no more than it may. */
export function legendLayout<Entry extends { readonly name: string }>(picture: Size, classes: readonly Entry[]) {
  let entries = classes;
  let row = Math.max(SMALL_ROW, Math.min(Math.round(picture.height / ROWS_PER_HEIGHT), 40));
  const most = LARGEST_SHARE * picture.width * picture.height;
  for (;;) {
    const letters = Math.max(1, ...entries.map(({ name }) => name.length));
    const width = even(Math.min(picture.width, row * 2.2 + letters * row * 0.5));
    const height = even(Math.min(picture.height, (entries.length + 0.8) * row));
    if (width * height <= most) return { entries, row, width, height };
    if (row > SMALLEST_ROW) row -= 1;
    else if (entries.length > 1) entries = entries.slice(0, -1);
    else return { entries, row, width: even(Math.min(width, most / height)), height };
  }
}

const even = (length: number) => 2 * Math.max(1, Math.floor(length / 2));

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
