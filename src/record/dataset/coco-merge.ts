import { join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { readLines } from '../run/json-lines.js';
import { DATASET_PARTS, type DatasetRecording } from './recordings.js';

/**
 * One `instances_SPLIT.json` of several recordings' `coco.json`, which hold an entry a line: however long they are, one line is in memory at a
 * time. Ids are given anew, so that none collide; each image says which recording it is of.
 * @param categories JSON, the same in all
 */
export async function* cocoPieces<Recording extends DatasetRecording>(
  recordings: readonly Recording[],
  categories: string,
  pictureName: (recording: Recording, frame: string) => string,
): AsyncGenerator<string, void, undefined> {
  const info = { description: recordings.map(({ name }) => name).join(', ') };
  yield `{"info":${JSON.stringify(info)},"categories":${categories},"images":[`;
  /** Images before those of each recording, whose own ids count from 1. */
  const before: number[] = [];
  let images = 0;
  for (const recording of recordings) {
    before.push(images);
    for await (const entry of entriesOf(recording, 'images')) {
      images += 1;
      const { file_name, ...image } = entry as { file_name: string };
      const named = { file_name: pictureName(recording, file_name), ...image, id: images, recording: recording.name };
      yield `${images > 1 ? ',' : ''}\n${JSON.stringify(named)}`;
    }
  }
  yield '],"annotations":[';
  let annotations = 0;
  for (const [index, recording] of recordings.entries()) {
    for await (const entry of entriesOf(recording, 'annotations')) {
      annotations += 1;
      const image_id = (entry as { image_id: number }).image_id + (before[index] as number);
      yield `${annotations > 1 ? ',' : ''}\n${JSON.stringify({ ...entry, id: annotations, image_id })}`;
    }
  }
  yield ']}\n';
}

/** Frames of a recording. @throws MaskcastError DATASET_INVALID */
export async function countImages(recording: DatasetRecording): Promise<number> {
  let count = 0;
  for await (const _ of entriesOf(recording, 'images')) count += 1;
  return count;
}

const cocoPath = ({ folder }: DatasetRecording): string => join(folder, DATASET_PARTS.coco);

/** The categories of a recording, as JSON. @throws MaskcastError DATASET_INVALID */
export async function categoriesOf(recording: DatasetRecording): Promise<string> {
  for await (const line of readLines(cocoPath(recording))) {
    const [, categories] = /^\{"info":.*,"categories":(\[.*\]),"images":\[$/.exec(line) ?? [];
    if (categories !== undefined) return categories;
    break;
  }
  throw invalid(recording);
}

/** What may stand behind an entry in its line; the longer one first. */
const BETWEEN = '],"annotations":[';
const ENDS = [`${BETWEEN}]}`, BETWEEN, ']}', ','] as const;

async function* entriesOf(
  recording: DatasetRecording,
  wanted: 'images' | 'annotations',
): AsyncGenerator<object, void, undefined> {
  let list: typeof wanted = 'images';
  let header = true;
  for await (const line of readLines(cocoPath(recording))) {
    if (header) {
      header = false;
      continue;
    }
    const end = ENDS.find((text) => line.endsWith(text));
    if (end === undefined) throw invalid(recording);
    if (list === wanted) yield parseEntry(line.slice(0, -end.length), recording);
    if (end === BETWEEN) list = 'annotations';
  }
}

function parseEntry(text: string, recording: DatasetRecording): object {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(recording, cause);
  }
}

const invalid = (recording: DatasetRecording, cause?: unknown) =>
  new MaskcastError('DATASET_INVALID', `${DATASET_PARTS.coco} of ${recording.name} is not as maskcast wrote it`, {
    cause,
  });
