import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { readLines } from '../run/json-lines.js';
import { cocoPieces } from './coco-merge.js';
import type { DatasetPlan, PlannedRecording, Side } from './plan.js';
import { DATASET_PARTS, type DatasetPart } from './recordings.js';

/** A file of a data set: one of the results under another name, or text that is made while it is read. */
export type DatasetFile = { readonly name: string } & (
  | { readonly from: string }
  | { readonly text: AsyncIterable<string> | Iterable<string> }
);

/**
 * All files of a data set, in the layout that trainers read: `images/SPLIT`, `labels/SPLIT` with `data.yaml`, `masks/SPLIT` with `semantic.yaml`,
 * `annotations/instances_SPLIT.json`, Cityscapes' folders, `label-studio.json`. Always holds: names begin with the recording's, ids don't collide,
 * every recording is in one split.
 */
export async function* datasetFiles(plan: DatasetPlan): AsyncGenerator<DatasetFile, void, undefined> {
  const { recordings, parts, texts } = plan;
  for (const recording of recordings) yield* recordingFiles(recording, parts);
  const validated = recordings.some(({ split }) => split === 'val');
  const yaml = (part: DatasetPart) => [splitYaml(texts.get(part) ?? '', validated)];
  if (parts.has('yolo')) yield { name: 'data.yaml', text: yaml('yolo') };
  if (parts.has('semantic')) yield { name: 'semantic.yaml', text: yaml('semantic') };
  if (parts.has('cityscapes')) yield { name: 'label_colors.txt', text: [texts.get('cityscapes') ?? ''] };
  if (parts.has('coco')) {
    for (const side of validated ? (['train', 'val'] as const) : (['train'] as const)) {
      const own = recordings.filter(({ split }) => split === side);
      yield {
        name: `annotations/instances_${side}.json`,
        text: cocoPieces(own, texts.get('coco') ?? '[]', pictureName),
      };
    }
  }
  if (parts.has('label-studio')) yield { name: 'label-studio.json', text: tasks(plan) };
}

/** A recording's own files, one a frame. */
async function* recordingFiles(
  recording: PlannedRecording,
  parts: ReadonlySet<DatasetPart>,
): AsyncGenerator<DatasetFile, void, undefined> {
  const { split, city } = recording;
  const prefixed = (name: string) => `${recording.name}_${name}`;
  if (parts.has('frames')) yield* gather(recording, 'frames', `images/${split}`, prefixed);
  if (parts.has('yolo')) yield* gather(recording, 'yolo/labels', `labels/${split}`, prefixed);
  if (parts.has('semantic')) yield* gather(recording, 'semantic/masks', `masks/${split}`, prefixed);
  if (!parts.has('cityscapes')) return;
  for (const kind of parts.has('frames') ? ['gtFine', 'leftImg8bit'] : ['gtFine']) {
    const renamed = (name: string) => city.name + name.slice(city.own.length);
    yield* gather(recording, `cityscapes/${kind}/train/${city.own}`, `${kind}/${split}/${city.name}`, renamed);
  }
}

async function* gather(
  { folder }: PlannedRecording,
  from: string,
  to: string,
  newName: (name: string) => string,
): AsyncGenerator<DatasetFile, void, undefined> {
  const names = await readdir(join(folder, from));
  for (const name of names.sort()) yield { name: `${to}/${newName(name)}`, from: join(folder, from, name) };
}

/** The recordings' own file with the folders of the splits. */
const splitYaml = (text: string, validated: boolean): string =>
  text
    .replace(/^train: .*$/m, `train: ${folderOf('train')}`)
    .replace(/^val: .*$/m, `val: ${folderOf(validated ? 'val' : 'train')}`);

const folderOf = (side: Side): string => `images/${side}`;

/** A frame's name in the data set. @param frame as the recording's own labels call it */
function pictureName({ name, ending }: PlannedRecording, frame: string): string {
  return `${name}_${frame.slice(0, frame.length - extname(frame).length)}${ending ?? extname(frame)}`;
}

/** Label Studio's tasks of all recordings. */
async function* tasks({ recordings, picturePrefix }: DatasetPlan): AsyncGenerator<string, void, undefined> {
  let separator = '[\n';
  for (const recording of recordings) {
    for await (const line of readLines(join(recording.folder, DATASET_PARTS['label-studio']))) {
      if (!line.startsWith('{')) continue;
      const task = JSON.parse(line.replace(/,$/, '')) as { readonly data: { readonly image: string } };
      const frame = task.data.image.slice(task.data.image.lastIndexOf('frame_'));
      const path = `${folderOf(recording.split)}/${pictureName(recording, frame)}`;
      // Behind a prefix it is an address, which a # or ? in the recording's name would cut short.
      const image = picturePrefix === '' ? path : picturePrefix + path.split('/').map(encodeURIComponent).join('/');
      yield separator + JSON.stringify({ ...task, data: { ...task.data, image, recording: recording.name } });
      separator = ',\n';
    }
  }
  yield '\n]\n';
}
