import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Size } from '../../src/core/geometry.js';
import { type ClassMap, NOT_COUNTED } from '../../src/evaluate/class-map.js';

/** Pictures of masks and of errors, to be laid side by side. */

type Color = readonly [number, number, number];

/** RGB24, row-major. */
export interface Tile extends Size {
  readonly data: Uint8Array;
}

export async function readTile(path: string): Promise<Tile> {
  const { data, info } = await sharp(await readFile(path))
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** How much of a mask's colour covers the picture. */
const OPACITY = 0.6;

/** @param colors of each class; undefined for one that isn't painted */
export function maskTile(picture: Tile, labels: Uint8Array, colors: readonly (Color | undefined)[]): Tile {
  return painted(picture, (pixel, channel) => {
    const value = picture.data[pixel * 3 + channel] as number;
    const color = colors[labels[pixel] as number]?.[channel];
    return color === undefined ? value : value + (color - value) * OPACITY;
  });
}

const WRONG: Color = [235, 40, 40];

/** The picture in grey, wrong pixels red, uncounted ones dark. */
export function errorTile(
  picture: Tile,
  labels: Uint8Array,
  truth: Uint8Array,
  { fromModel, fromLabel }: ClassMap,
): Tile {
  return painted(picture, (pixel, channel) => {
    const [red, green, blue] = [0, 1, 2].map((at) => picture.data[pixel * 3 + at] as number) as [
      number,
      number,
      number,
    ];
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    const wanted = fromLabel[truth[pixel] as number];
    if (wanted === NOT_COUNTED) return luma * 0.3;
    if (wanted === fromModel[labels[pixel] as number]) return 90 + luma * 0.6;
    return (WRONG[channel] as number) * 0.8 + luma * 0.2;
  });
}

function painted({ width, height }: Tile, value: (pixel: number, channel: number) => number): Tile {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) data[pixel * 3 + channel] = value(pixel, channel);
  }
  return { width, height, data };
}

const GAP = 6;

/** Lays tiles of one size in a row, each `width` pixels wide, and writes a JPEG. */
export async function writeRow(path: string, tiles: readonly Tile[], width: number): Promise<void> {
  const [first] = tiles;
  if (!first) throw new Error('there is no tile to write');
  const height = Math.round((width * first.height) / first.width);
  const scaled = await Promise.all(
    tiles.map(({ data, ...size }) =>
      sharp(data, { raw: { ...size, channels: 3 } })
        .resize({ width, height })
        .png()
        .toBuffer(),
    ),
  );
  await sharp({
    create: { width: tiles.length * (width + GAP) - GAP, height, channels: 3, background: '#808080' },
  })
    .composite(scaled.map((input, index) => ({ input, left: index * (width + GAP), top: 0 })))
    .jpeg({ quality: 82, mozjpeg: true })
    .toFile(path);
}
