import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { makeFolder, writing } from '../../flow/durable.js';
import { linkOrCopy } from '../export/frame-files.js';
import { cityOf } from '../export/semantic.js';
import { readLines, writePieces } from '../run/json-lines.js';
import { categoriesOf, mergeCoco } from './coco-merge.js';
import { DATASET_PARTS, type DatasetPart, type DatasetRecording } from './recordings.js';

/**
 * In: the finished results of several recordings. Out: one data set, in the layout that trainers read: `images/SPLIT`, `labels/SPLIT` with
 * `data.yaml`, `masks/SPLIT` with `semantic.yaml`, `annotations/instances_SPLIT.json`, Cityscapes' folders, `label-studio.json`. Always holds: names
 * begin with the recording's, ids don't collide, every recording is in one split; the folder appears when it is complete.
 */

export interface DatasetPlan {
  readonly recordings: readonly DatasetRecording[];
  /** Names of those for validation; the others are for training. */
  readonly validation: ReadonlySet<string>;
  /** Absolute; must not exist. */
  readonly target: string;
  /** What Label Studio's addresses of pictures begin with. */
  readonly picturePrefix: string;
  readonly signal: AbortSignal;
}

export interface DatasetReport {
  readonly target: string;
  readonly parts: readonly DatasetPart[];
  /** What some recordings have and others don't, which is left out. */
  readonly left: readonly DatasetPart[];
  /** Frames by recording. */
  readonly recordings: readonly { readonly name: string; readonly split: Side; readonly frames: number }[];
}

type Side = 'train' | 'val';

/** @throws MaskcastError OUTPUT_EXISTS, USAGE, DATASET_INVALID, OUTPUT_UNWRITABLE, DISK_FULL */
export async function buildDataset(plan: DatasetPlan): Promise<DatasetReport> {
  const { recordings, target } = plan;
  if (await stat(target).catch(() => undefined)) throw new MaskcastError('OUTPUT_EXISTS', `${target} exists`);
  const all = (Object.keys(DATASET_PARTS) as DatasetPart[]).filter((part) =>
    recordings.some(({ parts }) => parts.has(part)),
  );
  const parts = all.filter((part) => recordings.every((recording) => recording.parts.has(part)));
  if (parts.every((part) => part === 'frames')) {
    throw new MaskcastError(
      'USAGE',
      `no kind of labels is there for all of ${recordings.map(({ name }) => name).join(', ')}`,
    );
  }
  const workshop = join(dirname(target), `.${basename(target)}.part`);
  await rm(workshop, { recursive: true, force: true });
  await writing(workshop, () => makeFolder(workshop));
  try {
    const builder = new Builder(plan, workshop, new Set(parts));
    const frames = await builder.build();
    await writing(target, () => rename(workshop, target));
    const sides = recordings.map(({ name }) => ({ name, split: builder.sideOf(name), frames: frames.get(name) ?? 0 }));
    return { target, parts, left: all.filter((part) => !parts.includes(part)), recordings: sides };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

class Builder {
  /** Ending of the frames' names, by recording; what the labels say where there are no frames. */
  private readonly endings = new Map<string, string>();

  /** City of each recording in Cityscapes' names, which differ as the recordings' do. */
  private readonly cities = new Map<string, string>();

  constructor(
    private readonly plan: DatasetPlan,
    private readonly folder: string,
    private readonly parts: ReadonlySet<DatasetPart>,
  ) {}

  sideOf(name: string): Side {
    return this.plan.validation.has(name) ? 'val' : 'train';
  }

  /** @returns frames by recording */
  async build(): Promise<ReadonlyMap<string, number>> {
    const { parts } = this;
    const frames = new Map<string, number>();
    for (const recording of this.plan.recordings) {
      this.plan.signal.throwIfAborted();
      frames.set(recording.name, await this.place(recording));
    }
    if (parts.has('yolo')) await this.writeYaml('yolo', 'data.yaml');
    if (parts.has('semantic')) await this.writeYaml('semantic', 'semantic.yaml');
    if (parts.has('cityscapes')) await this.copySame('cityscapes', 'label_colors.txt', 'label_colors.txt');
    if (parts.has('coco')) await this.writeCoco();
    if (parts.has('label-studio')) await this.writeTasks();
    return frames;
  }

  /** Files of one recording, a frame each. */
  private async place(recording: DatasetRecording): Promise<number> {
    const { parts } = this;
    const side = this.sideOf(recording.name);
    const prefixed = (name: string) => `${recording.name}_${name}`;
    let count = 0;
    const gather = async (from: string, to: string, rename = prefixed) => {
      const names = await this.gather(join(recording.folder, from), join(this.folder, to), rename);
      count = Math.max(count, names.length);
      return names;
    };
    if (parts.has('frames')) {
      const [first = ''] = await gather('frames', `images/${side}`);
      this.endings.set(recording.name, extname(first));
    }
    if (parts.has('yolo')) await gather('yolo/labels', `labels/${side}`);
    if (parts.has('semantic')) await gather('semantic/masks', `masks/${side}`);
    if (parts.has('cityscapes')) {
      const city = this.cityOf(recording.name);
      for (const kind of parts.has('frames') ? ['gtFine', 'leftImg8bit'] : ['gtFine']) {
        const [own = ''] = await readdir(join(recording.folder, 'cityscapes', kind, 'train'));
        await gather(
          `cityscapes/${kind}/train/${own}`,
          `${kind}/${side}/${city}`,
          (name) => city + name.slice(own.length),
        );
      }
    }
    return count;
  }

  private cityOf(name: string): string {
    const plain = cityOf(`${name}.x`);
    let city = plain;
    for (let count = 2; [...this.cities.values()].includes(city); count++) city = `${plain}-${count}`;
    this.cities.set(name, city);
    return city;
  }

  private async gather(from: string, to: string, newName: (name: string) => string): Promise<readonly string[]> {
    await writing(to, () => makeFolder(to));
    const names = (await readdir(from)).sort();
    for (const name of names) {
      this.plan.signal.throwIfAborted();
      await writing(to, () => linkOrCopy(join(from, name), join(to, newName(name))));
    }
    return names;
  }

  /** The recordings' own file with the folders of the splits. */
  private async writeYaml(part: 'yolo' | 'semantic', name: string): Promise<void> {
    const text = await this.same(part, `${DATASET_PARTS[part]}/data.yaml`);
    const val = this.plan.validation.size > 0 ? 'images/val' : 'images/train';
    const path = join(this.folder, name);
    const split = text.replace(/^train: .*$/m, 'train: images/train').replace(/^val: .*$/m, `val: ${val}`);
    await writing(path, () => writeFile(path, split));
  }

  private async copySame(part: DatasetPart, from: string, to: string): Promise<void> {
    const text = await this.same(part, `${DATASET_PARTS[part]}/${from}`);
    await writing(join(this.folder, to), () => writeFile(join(this.folder, to), text));
  }

  /** A file that is the same for all recordings, or their classes differ. @throws MaskcastError DATASET_INVALID */
  private async same(part: DatasetPart, file: string): Promise<string> {
    const texts = await Promise.all(this.plan.recordings.map(({ folder }) => readFile(join(folder, file), 'utf8')));
    this.requireSame(part, texts);
    return texts[0] ?? '';
  }

  private requireSame(part: DatasetPart, texts: readonly string[]): void {
    const other = texts.findIndex((text) => text !== texts[0]);
    if (other === -1) return;
    const [first, differing] = [this.plan.recordings[0]?.name, this.plan.recordings[other]?.name];
    throw new MaskcastError(
      'DATASET_INVALID',
      `${first} and ${differing} have other classes (${part}); a data set needs one network and the same --classes for all`,
    );
  }

  private async writeCoco(): Promise<void> {
    const { recordings, validation, signal } = this.plan;
    this.requireSame('coco', await Promise.all(recordings.map(categoriesOf)));
    const folder = join(this.folder, 'annotations');
    await writing(folder, () => makeFolder(folder));
    for (const side of validation.size > 0 ? (['train', 'val'] as const) : (['train'] as const)) {
      const own = recordings.filter(({ name }) => this.sideOf(name) === side);
      const name = (recording: DatasetRecording, frame: string) => this.pictureName(recording, frame);
      await mergeCoco(own, join(folder, `instances_${side}.json`), name, signal);
    }
  }

  /** A frame's name in the data set. @param frame as the recording's own labels call it */
  private pictureName(recording: DatasetRecording, frame: string): string {
    const ending = this.endings.get(recording.name) ?? extname(frame);
    return `${recording.name}_${frame.slice(0, frame.length - extname(frame).length)}${ending}`;
  }

  private async writeTasks(): Promise<void> {
    const { recordings, picturePrefix, signal } = this.plan;
    const builder = this;
    async function* pieces() {
      let separator = '[\n';
      for (const recording of recordings) {
        for await (const line of readLines(join(recording.folder, DATASET_PARTS['label-studio']))) {
          if (!line.startsWith('{')) continue;
          const task = JSON.parse(line.replace(/,$/, '')) as { readonly data: { readonly image: string } };
          const frame = task.data.image.slice(task.data.image.lastIndexOf('frame_'));
          const image = `${picturePrefix}images/${builder.sideOf(recording.name)}/${builder.pictureName(recording, frame)}`;
          yield separator + JSON.stringify({ ...task, data: { ...task.data, image, recording: recording.name } });
          separator = ',\n';
        }
      }
      yield '\n]\n';
    }
    await writePieces(join(this.folder, 'label-studio.json'), pieces(), signal);
  }
}
