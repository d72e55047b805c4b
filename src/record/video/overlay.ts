import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { Mask } from '../../core/mask.js';
import { writing } from '../../flow/durable.js';
import { fileUrl } from '../../media/media-tools.js';
import { classPalette } from '../class-palette.js';
import { encodePalettePng, type Palette } from '../export/mask-png.js';
import { scaling } from '../export-size.js';
import type { Output, Recording, SegmentStart } from '../file-output.js';
import { colorMatrix, finish, toVideoRange } from './colors.js';
import { drawLegend } from './legend.js';
import { OverlaySound } from './overlay-sound.js';
import { rehearsed } from './rehearsal.js';
import { type Muxer, type VideoRecipe, VideoSegment } from './segment.js';
import { chosenFrames, sourceAttempts, sourceInput } from './source-input.js';

/**
 * The source with its masks drawn over it: source size, frame times, rotation, sound and subtitles.
 *
 * ffmpeg reads the source a second time and lays the masks, which we feed at their own small size, over it: full-size pixels
 * never come here. ffmpeg's frame synchroniser joins picture and mask of equal pts.
 */

export interface OverlayStyle {
  readonly codec: VideoCodec;
  /** Constant quality in the codec's own scale; lower is better. The codec's default where absent. */
  readonly quality: number | undefined;
  /** The encoder's own name for its speed; the codec's default where absent. */
  readonly preset: string | undefined;
  /** 0 shows the picture only, 1 the mask only. */
  readonly opacity: number;
  /** A white line between areas of different classes. */
  readonly outline: boolean;
  /** Names of the classes burnt into a corner. */
  readonly legend: boolean;
  /** Ids of the classes that are drawn. */
  readonly classes: ReadonlySet<number>;
}

export const VIDEO_CODECS = ['h264', 'h265', 'av1'] as const;
export type VideoCodec = (typeof VIDEO_CODECS)[number];

/** Quick presets: the encoder shares the processor with the network. */
const ENCODERS: Readonly<
  Record<VideoCodec, { readonly name: string; readonly crf: number; readonly preset: string; readonly more: string[] }>
> = {
  h264: { name: 'libx264', crf: 20, preset: 'veryfast', more: [] },
  h265: {
    name: 'libx265',
    crf: 24,
    preset: 'veryfast',
    more: ['-tag:v', 'hvc1', '-x265-params', 'log-level=error'],
  },
  av1: { name: 'libsvtav1', crf: 32, preset: '10', more: [] },
};

/** Frames between key frames: short enough that a player's seek answers at once. */
const KEY_INTERVAL = 60;

/** In: masks. Out: `overlay.mp4`, or `.mov` or `.mkv` where these carry more of the source's sound and subtitles. */
export function overlayVideo(recording: Recording, style: OverlayStyle): Output {
  const palette = overlayPalette(classPalette(recording.model), style);
  const name = 'overlay';
  const sound = new OverlaySound(recording, muxerOf(style));
  const open = async (folder: string, start: SegmentStart): Promise<VideoSegment> => {
    const legend = style.legend ? join(folder, 'legend.png') : undefined;
    if (legend) await writing(legend, async () => writeFile(legend, await drawLegend(recording, style.classes)));
    const recipe: VideoRecipe = {
      picture: async ({ mask }) => ({
        png: await encodePalettePng(style.outline ? outlined(mask, palette, style) : mask.labels, mask.size, palette),
        size: mask.size,
      }),
      inputs: (at, attempt) => [...sourceInput(recording, at, attempt), ...(legend ? ['-i', fileUrl(legend)] : [])],
      graph: (at) => overlayGraph(recording, style, at),
      encoder: encoderArguments(style),
      muxer: muxerOf(style),
      attempts: sourceAttempts(recording),
    };
    return new VideoSegment(recording, recipe, folder, start);
  };
  return {
    name,
    open,
    async prepare(folder, start, signal) {
      const segment = await rehearsed(recording, { name, open }, folder, start);
      await sound.tried([segment], folder, signal);
    },
    assemble: (segments, target, signal) => sound.join(segments, target, signal),
  };
}

const muxerOf = ({ codec }: Pick<OverlayStyle, 'codec'>): Muxer => (codec === 'av1' ? 'mp4' : 'mov');

export function encoderArguments(style: Pick<OverlayStyle, 'codec' | 'quality' | 'preset'>): string[] {
  const { name, crf, preset, more } = ENCODERS[style.codec];
  const quality = ['-crf', String(style.quality ?? crf), '-preset', style.preset ?? preset];
  return ['-c:v', name, ...quality, '-g', String(KEY_INTERVAL), ...more];
}

/** Colours multiplied by their opacity: where they are scaled up, hidden neighbours don't bleed black into their edges. */
function overlayPalette({ colors }: Palette, { opacity, classes }: OverlayStyle): Palette & { readonly line: number } {
  if (colors.length > 255) {
    throw new MaskcastError('MODEL_INVALID', `an overlay shows up to 255 classes; the model has ${colors.length}`);
  }
  const alpha = colors.map((_, id) => (classes.has(id) ? Math.round(opacity * 255) : 0));
  const multiplied = colors.map(([r, g, b], id) => {
    const by = (value: number) => Math.round((value * (alpha[id] ?? 0)) / 255);
    return [by(r), by(g), by(b)] as const;
  });
  return { colors: [...multiplied, [255, 255, 255]], alpha: [...alpha, 255], line: colors.length };
}

/** Marks the pixels whose right or lower neighbour is of another class, where one of the two is drawn. */
function outlined(mask: Mask, { line }: { readonly line: number }, { classes }: OverlayStyle): Uint8Array {
  const { labels, size } = mask;
  const out = labels.slice();
  const differ = (at: number, other: number) => {
    const [a, b] = [labels[at] as number, labels[other] as number];
    return a !== b && (classes.has(a) || classes.has(b));
  };
  for (let y = 0, at = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, at++) {
      const right = x + 1 < size.width && differ(at, at + 1);
      const below = y + 1 < size.height && differ(at, at + size.width);
      if (right || below) out[at] = line;
    }
  }
  return out;
}

function overlayGraph(recording: Recording, style: OverlayStyle, start: SegmentStart): string {
  const { file, size } = recording;
  const { width, height } = size;
  const deep = file.bitDepth > 8 && style.codec !== 'h264';
  const ten = deep ? '10' : '';
  const blending = deep ? 'yuv420p10' : 'yuv420';
  const drawn = `out_color_matrix=${colorMatrix(file)}:out_range=tv`;
  const range = toVideoRange(file, { hdr: 'mapped' });
  const source = `[1:${file.stream}]${chosenFrames(recording, start)},${scaling(recording)}${range}`;
  const mask = `[0:v]scale=${width}:${height}:flags=bilinear+accurate_rnd:${drawn}`;
  const layers = [
    `${source}${evenSides(size, `yuv444p${ten}`)}format=yuv420p${ten}[picture]`,
    `${mask},${evenSides(size, `yuva444p${ten}`)}format=yuva420p${ten}[mask]`,
  ];
  const blend = `[picture][mask]overlay=format=${blending}:alpha=premultiplied:eof_action=endall`;
  const end = finish(recording, { hdr: 'mapped' });
  if (!style.legend) return [...layers, `${blend},${end}`].join(';');
  const legend = `[2:v]scale=${drawn},format=yuva420p${ten}[legend]`;
  const corner = `[blended][legend]overlay=x=${legendMargin(height)}:y=${legendMargin(height)}:format=${blending}`;
  return [...layers, `${blend}[blended]`, legend, `${corner},${end}`].join(';');
}

const legendMargin = (height: number): number => 2 * Math.round(height / 80);

/**
 * 4:2:0 video has even sides: an odd side repeats its last row or column once. Filters, each followed by a comma, that do so
 * before chroma is halved, which would leave out the last of an odd side.
 */
function evenSides({ width, height }: Size, format: string): string {
  const [right, bottom] = [width % 2, height % 2];
  if (right + bottom === 0) return '';
  return `format=${format},pad=${width + right}:${height + bottom},fillborders=right=${right}:bottom=${bottom}:mode=smear,`;
}
