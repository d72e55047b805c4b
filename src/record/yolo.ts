import { copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contours } from './contours.js';
import { writing } from './durable.js';
import { frameName, type MaskedFrame, type Output, type Recording, type SegmentSink } from './output.js';

/** Four cells are what a stray pixel of the network's output makes of itself. */
const OUTLINES = { minCells: 5, tolerance: 0.75 };

/**
 * In: masks. Out: `yolo/labels/frame_NNNNNN.txt`, YOLO segmentation: a line an area with its class and its outline, in shares of width and
 * height, and `yolo/data.yaml` with the classes, counted anew from 0.
 */
export function yoloLabels(recording: Recording, { classes }: { readonly classes: ReadonlySet<number> }): Output {
  const exported = recording.model.classes.filter(({ id }) => classes.has(id));
  return {
    name: 'yolo',
    open: async (folder): Promise<SegmentSink> => ({
      async write(frame) {
        const path = join(folder, `${frameName(frame.number)}.txt`);
        const ids = exported.map(({ id }) => id);
        await writing(path, () => writeFile(path, yoloLines(frame, ids)));
      },
      finish: async () => {},
      abort: async () => {},
    }),
    async assemble(segments, target, signal) {
      const labels = join(target, 'yolo', 'labels');
      await writing(labels, () => mkdir(labels, { recursive: true }));
      for (const segment of segments) {
        signal.throwIfAborted();
        const from = join(segment.folder, 'yolo');
        for (const name of await readdir(from)) {
          const place = () => link(join(from, name), join(labels, name));
          await writing(labels, () => place().catch(() => copyFile(join(from, name), join(labels, name))));
        }
      }
      const names = exported.map(({ name }, index) => `  ${index}: ${JSON.stringify(name)}\n`).join('');
      const data = `# Put the frames beside labels/, as images/frame_NNNNNN.png\npath: .\ntrain: images\nval: images\nnames:\n${names}`;
      const path = join(target, 'yolo', 'data.yaml');
      await writing(path, () => writeFile(path, data));
    },
  };
}

/** @param ids of the exported classes, in the order of their new numbers */
export function yoloLines({ mask }: Pick<MaskedFrame, 'mask'>, ids: readonly number[]): string {
  const { width, height } = mask.size;
  return ids
    .flatMap((id, number) =>
      contours(mask, id, OUTLINES).map((ring) => {
        const numbers = ring.map(([x, y]) => `${share(x, width)} ${share(y, height)}`);
        return `${number} ${numbers.join(' ')}\n`;
      }),
    )
    .join('');
}

const share = (value: number, length: number): string => String(Number((value / length).toFixed(6)));
