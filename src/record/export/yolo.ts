import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mask } from '../../core/mask.js';
import { writing } from '../../flow/durable.js';
import { frameName, type Output, type Recording, type SegmentSink } from '../file-output.js';
import { contours } from './contours.js';
import { gatherFrameFiles, gatherPictures } from './frame-files.js';

/** Four cells are what a stray pixel of the network's output makes of itself. */
const OUTLINES = { minCells: 5, tolerance: 0.75 };

/**
 * In: masks. Out: `yolo/labels/frame_NNNNNN.txt`, YOLO segmentation: a line an area with its class and its outline, in shares of width and
 * height, and `yolo/data.yaml` with the classes, counted anew from 0.
 */
export function yoloLabels(recording: Recording, { classes }: { readonly classes: ReadonlySet<number> }): Output {
  const exported = recording.model.classes.filter(({ id }) => classes.has(id));
  const ids = exported.map(({ id }) => id);
  return {
    name: 'yolo',
    open: async (folder): Promise<SegmentSink> => ({
      async write(frame) {
        const path = join(folder, `${frameName(frame.number)}.txt`);
        await writing(path, () => writeFile(path, yoloLines(frame.mask, ids)));
      },
      finish: async () => {},
      abort: async () => {},
    }),
    async assemble(segments, target, signal) {
      await gatherFrameFiles(segments, 'yolo', join(target, 'yolo', 'labels'), signal);
      await gatherPictures(segments, join(target, 'yolo', 'images'), signal);
      const data = yoloYaml(exported, 'images', 'images');
      const path = join(target, 'yolo', 'data.yaml');
      await writing(path, () => writeFile(path, data));
    },
  };
}

/**
 * Without `path`, trainers count from the folder of this file, wherever they are started.
 * @param train, val folders of the pictures, as seen from the file
 */
function yoloYaml(classes: readonly { readonly name: string }[], train: string, val: string): string {
  const names = classes.map(({ name }, index) => `  ${index}: ${JSON.stringify(name)}\n`).join('');
  return `# Frames lie in images/ under the names of labels/\ntrain: ${train}\nval: ${val}\nnames:\n${names}`;
}

/** @param ids of the exported classes, in the order of their new numbers */
export function yoloLines(mask: Mask, ids: readonly number[]): string {
  const { width, height } = mask.size;
  const outlines = contours(mask, new Set(ids), OUTLINES);
  return outlines
    .map(({ label, ring }) => {
      const numbers = ring.map(([x, y]) => `${share(x, width)} ${share(y, height)}`);
      return { number: ids.indexOf(label), numbers };
    })
    .sort((a, b) => a.number - b.number)
    .map(({ number, numbers }) => `${number} ${numbers.join(' ')}\n`)
    .join('');
}

const share = (value: number, length: number): string => String(Number((value / length).toFixed(6)));
