import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writing } from '../../flow/durable.js';
import { classPalette } from '../class-palette.js';
import { type Output, type Recording, type SegmentSink, timedFrameName } from '../file-output.js';
import { gatherFrameFiles } from './frame-files.js';
import { encodePalettePng } from './mask-png.js';

/**
 * In: masks. Out: `masks/frame_NNNNNN_ptsT.png`, one a frame: an indexed PNG of the source's size whose pixel values are class
 * indices, with the model's colours as its palette.
 */
export function maskSequence(recording: Recording): Output {
  const palette = classPalette(recording.model);
  return {
    name: 'masks',
    links: true,
    open: async (folder): Promise<SegmentSink> => ({
      async write(frame) {
        const path = join(folder, `${timedFrameName(frame)}.png`);
        const png = await encodePalettePng(frame.labels, recording.size, palette);
        await writing(path, () => writeFile(path, png));
      },
      finish: async () => {},
      abort: async () => {},
    }),
    assemble: (segments, target, signal) => gatherFrameFiles(segments, 'masks', join(target, 'masks'), signal),
  };
}
