import { join } from 'node:path';
import { classPalette } from '../class-palette.js';
import { encodeGreyPng, encodePalettePng } from '../export/mask-png.js';
import { sampleAspect } from '../export-size.js';
import type { Output, Recording } from '../file-output.js';
import { joinVideo } from './join.js';
import { VideoSegment } from './segment.js';

export const MASK_CODECS = ['png', 'ffv1'] as const;
export type MaskCodec = (typeof MASK_CODECS)[number];

/**
 * In: masks. Out: `mask.mkv`, lossless, of the source's size: palette PNGs in the classes' colours, whose pixel values are the class
 * indices, or FFV1 whose grey values are the class indices. Matroska counts in milliseconds: finer times are rounded to them.
 */
export function maskVideo(recording: Recording, { maskCodec }: { readonly maskCodec: MaskCodec }): Output {
  const palette = classPalette(recording.model);
  const { size, timeBase } = recording;
  const name = 'mask-video';
  return {
    name,
    open: async (folder, start) =>
      new VideoSegment(
        recording,
        {
          picture: async ({ labels }) => ({
            png: await (maskCodec === 'png' ? encodePalettePng(labels, size, palette) : encodeGreyPng(labels, size)),
            size,
          }),
          inputs: () => [],
          graph: () => `[0:v]${sampleAspect(recording.file)},settb=${timeBase.num}/${timeBase.den}[out]`,
          // Not copied: IVF marks no key frames, without which a copy begins nowhere.
          encoder: maskCodec === 'png' ? ['-c:v', 'png'] : ['-c:v', 'ffv1', '-level', '3', '-g', '1'],
          muxer: 'mov',
          attempts: 1,
        },
        folder,
        start,
      ),
    assemble: (segments, target, signal) =>
      joinVideo(recording, segments, { output: name, target: join(target, 'mask.mkv') }, signal),
  };
}
