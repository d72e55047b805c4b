import { copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writing } from './durable.js';
import { encodePalettePng } from './mask-png.js';
import { type Output, type Recording, type SegmentSink, timedFrameName } from './output.js';
import { classPalette } from './palette.js';

/**
 * In: masks. Out: `masks/frame_NNNNNN_ptsT.png`, one a frame: an indexed PNG of the source's size whose pixel values are class
 * indices, with the model's colours as its palette.
 */
export function maskSequence(recording: Recording): Output {
  const palette = classPalette(recording.model);
  return {
    name: 'masks',
    open: async (folder): Promise<SegmentSink> => ({
      async write(frame) {
        const path = join(folder, `${timedFrameName(frame)}.png`);
        const png = await encodePalettePng(frame.labels, recording.size, palette);
        await writing(path, () => writeFile(path, png));
      },
      finish: async () => {},
      abort: async () => {},
    }),
    async assemble(segments, target, signal) {
      const folder = join(target, 'masks');
      await writing(folder, () => mkdir(folder, { recursive: true }));
      for (const segment of segments) {
        signal.throwIfAborted();
        const from = join(segment.folder, 'masks');
        for (const name of await readdir(from)) {
          await writing(folder, () => linkOrCopy(join(from, name), join(folder, name)));
        }
      }
    },
  };
}

/** A second name costs no space; file systems without hard links get a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
