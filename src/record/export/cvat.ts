import { createWriteStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { ClassInfo } from '../../core/model.js';
import { writing } from '../../flow/durable.js';
import { frameName, type Output, type Recording, type SegmentSink } from '../file-output.js';
import { encodePalettePng, type Rgb } from './mask-png.js';

/**
 * In: masks. Out: `cvat.zip`, CVAT's "Segmentation mask 1.1" (Pascal VOC layout): a palette PNG a frame of the source's size, named as
 * CVAT names the frames of the same video, and a label map that declares every colour.
 */
export function cvatArchive(recording: Recording, { classes }: { readonly classes: ReadonlySet<number> }): Output {
  const labels = labelMap(recording, classes);
  const colors = paletteOf(labels);
  return {
    name: 'cvat',
    open: async (folder): Promise<SegmentSink> => ({
      async write(frame) {
        const path = join(folder, `${frameName(frame.number)}.png`);
        const png = await encodePalettePng(frame.labels, recording.size, { colors });
        await writing(path, () => writeFile(path, png));
      },
      finish: async () => {},
      abort: async () => {},
    }),
    async assemble(segments, target, signal) {
      const zip = new ZipFile();
      const archive = zip.outputStream as Readable;
      // Of a file that can't be read. Nobody else listens, and then it would end the process.
      zip.on('error', (error) => archive.destroy(error as Error));
      const entry = { mtime: EARLIEST, mode: 0o100644, forceDosTimestamp: true, compress: false };
      const names: string[] = [];
      for (const segment of segments) {
        const from = join(segment.folder, 'cvat');
        for (const name of (await readdir(from)).sort()) {
          zip.addFile(join(from, name), `SegmentationClass/${name}`, entry);
          names.push(name.slice(0, -'.png'.length));
        }
      }
      zip.addBuffer(Buffer.from(`${names.join('\n')}\n`), 'ImageSets/Segmentation/default.txt', entry);
      zip.addBuffer(Buffer.from(labelMapText(labels)), 'labelmap.txt', entry);
      zip.end();
      const path = join(target, 'cvat.zip');
      await writing(path, () => pipeline(archive, createWriteStream(path), { signal }));
    },
  };
}

/** The first date that a ZIP can name, in local time as ZIP has it: equal masks give equal archives. */
const EARLIEST = new Date(1980, 0, 1);

interface Label {
  /** As the label map has it. */
  readonly name: string;
  /** As the network has it. */
  readonly original: string;
  readonly color: Rgb;
  readonly ids: readonly number[];
}

/** CVAT tells classes apart by colour and keeps black for what is no class. */
function labelMap({ model }: Recording, classes: ReadonlySet<number>): Label[] {
  const isDrawn = ({ id, name }: ClassInfo) => classes.has(id) && name.trim().toLowerCase() !== BACKGROUND;
  const drawn = model.classes.filter(isDrawn);
  const rest = model.classes.filter((entry) => !isDrawn(entry)).map(({ id }) => id);
  const taken = new Set(['0,0,0']);
  const names = new Set([BACKGROUND]);
  const labels = drawn.map(({ id, name, color }): Label => {
    const own = unusedColor(color, taken);
    taken.add(own.join(','));
    return { name: labelName(name, names), original: name, color: own, ids: [id] };
  });
  return [{ name: BACKGROUND, original: BACKGROUND, color: [0, 0, 0], ids: rest }, ...labels];
}

const BACKGROUND = 'background';

/**
 * A name that `labelmap.txt` can hold, and no other label has: colons part its columns, a leading # makes a line a comment, and readers cut off
 * space at the ends.
 */
function labelName(name: string, taken: Set<string>): string {
  const plain =
    name
      .replaceAll(':', '-')
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/^#+\s*/, '') || 'class';
  let free = plain;
  for (let count = 2; taken.has(free); count++) free = `${plain} ${count}`;
  taken.add(free);
  return free;
}

/** The colour, or the nearest one in blue that no other class has. */
function unusedColor([red, green, blue]: Rgb, taken: ReadonlySet<string>): Rgb {
  for (let step = 0; step < 256; step++) {
    const candidate = [red, green, (blue + step) % 256] as const;
    if (!taken.has(candidate.join(','))) return candidate;
  }
  return [red, green, blue];
}

function paletteOf(labels: readonly Label[]): Rgb[] {
  const colors: Rgb[] = [];
  for (const { color, ids } of labels) for (const id of ids) colors[id] = color;
  return Array.from(colors, (color): Rgb => color ?? [0, 0, 0]);
}

function labelMapText(labels: readonly Label[]): string {
  const renamed = labels.filter(({ name, original }) => name !== original);
  const notes = renamed.map(({ name, original }) => `# "${name}" is ${JSON.stringify(original)} of the network\n`);
  const lines = labels.map(({ name, color }) => `${name}:${color.join(',')}::\n`);
  return `# label:color_rgb:parts:actions\n${notes.join('')}${lines.join('')}`;
}
