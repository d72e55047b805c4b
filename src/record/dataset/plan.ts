import { opendir, readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { cityOf } from '../export/semantic.js';
import { categoriesOf, countImages } from './coco-merge.js';
import { DATASET_PARTS, type DatasetPart, type DatasetRecording } from './recordings.js';

/** What a data set of several recordings is going to hold: settled, and found to fit together, before a byte of it is written. */

export interface DatasetOrder {
  readonly recordings: readonly DatasetRecording[];
  /** Names of those for validation; the others are for training. */
  readonly validation: ReadonlySet<string>;
  /** Absent: what all recordings have. */
  readonly parts?: ReadonlySet<DatasetPart> | undefined;
  /** What Label Studio's addresses of pictures begin with. */
  readonly picturePrefix: string;
}

export interface DatasetPlan {
  readonly recordings: readonly PlannedRecording[];
  readonly parts: ReadonlySet<DatasetPart>;
  /** What some recordings have and others don't, which is left out. */
  readonly left: readonly DatasetPart[];
  /** Files that tell the classes, the same for all recordings; by the part that has one. */
  readonly texts: ReadonlyMap<DatasetPart, string>;
  readonly picturePrefix: string;
}

export interface PlannedRecording extends DatasetRecording {
  readonly split: Side;
  readonly frames: number;
  /** Ending of its frames' names; absent where there are no frames, and labels say what they said. */
  readonly ending: string | undefined;
  /** Cityscapes' names begin with a city; this one's in its own results, and in the data set. */
  readonly city: { readonly own: string; readonly name: string };
}

export type Side = 'train' | 'val';

/** @throws MaskcastError DATASET_INVALID */
export async function planDataset(order: DatasetOrder): Promise<DatasetPlan> {
  const { recordings, validation, picturePrefix } = order;
  const { parts, left } = sharedParts(recordings, order.parts);
  const texts = await sharedTexts(recordings, parts);
  const cities = cityNames(recordings);
  const planned = recordings.map(async (recording, index): Promise<PlannedRecording> => {
    const { folder, name } = recording;
    const gtFine = join(folder, DATASET_PARTS.cityscapes, 'gtFine', 'train');
    return {
      ...recording,
      split: validation.has(name) ? 'val' : 'train',
      frames: recording.frames ?? (await countFrames(recording)),
      ending: parts.has('frames') ? extname(await firstName(join(folder, DATASET_PARTS.frames))) : undefined,
      city: { own: parts.has('cityscapes') ? await firstName(gtFine) : '', name: cities[index] as string },
    };
  });
  return { recordings: await Promise.all(planned), parts, left, texts, picturePrefix };
}

/** What goes in, of what is wanted and there. @throws MaskcastError DATASET_INVALID */
function sharedParts(recordings: readonly DatasetRecording[], wanted: ReadonlySet<DatasetPart> | undefined) {
  const known = Object.keys(DATASET_PARTS) as DatasetPart[];
  const without = (part: DatasetPart) => recordings.filter((recording) => !recording.parts.has(part));
  const lacking = [...(wanted ?? [])].find((part) => without(part).length > 0);
  if (lacking !== undefined) {
    throw new MaskcastError('DATASET_INVALID', `${namesOf(without(lacking))} has no ${lacking}; leave either out`);
  }
  const shared = known.filter((part) => without(part).length === 0);
  const parts = new Set(wanted ? shared.filter((part) => wanted.has(part)) : shared);
  if ([...parts].every((part) => part === 'frames')) {
    const labels = known.filter((part) => part !== 'frames').join(', ');
    throw new MaskcastError(
      'DATASET_INVALID',
      `a data set needs labels of one kind for all its recordings (${labels}); ${namesOf(recordings)} ${
        wanted ? 'were asked for frames only' : 'share none'
      }`,
    );
  }
  const left = wanted ? [] : known.filter((part) => !parts.has(part) && without(part).length < recordings.length);
  return { parts, left };
}

/** Those of many that a sentence has room for. */
function namesOf(recordings: readonly DatasetRecording[]): string {
  const names = recordings.slice(0, 5).map(({ name }) => name);
  return names.join(', ') + (recordings.length > 5 ? ` and ${recordings.length - 5} more` : '');
}

/** Of each part the file that tells its classes. */
const CLASS_FILES = { yolo: 'data.yaml', semantic: 'data.yaml', cityscapes: 'label_colors.txt' } as const;

/** @throws MaskcastError DATASET_INVALID where the classes differ */
async function sharedTexts(
  recordings: readonly DatasetRecording[],
  parts: ReadonlySet<DatasetPart>,
): Promise<ReadonlyMap<DatasetPart, string>> {
  const texts = new Map<DatasetPart, string>();
  for (const part of parts) {
    const read =
      part === 'coco'
        ? categoriesOf
        : part in CLASS_FILES
          ? ({ folder }: DatasetRecording) =>
              readFile(join(folder, DATASET_PARTS[part], CLASS_FILES[part as keyof typeof CLASS_FILES]), 'utf8')
          : undefined;
    if (!read) continue;
    const all = await Promise.all(recordings.map(read));
    const other = all.findIndex((text) => text !== all[0]);
    if (other !== -1) {
      const [first, differing] = [recordings[0]?.name, recordings[other]?.name];
      throw new MaskcastError(
        'DATASET_INVALID',
        `${first} and ${differing} have other classes (${part}); a data set needs one network and the same --classes for all`,
      );
    }
    texts.set(part, all[0] ?? '');
  }
  return texts;
}

/** Cities of the recordings in Cityscapes' names, which differ as the recordings' do. */
function cityNames(recordings: readonly DatasetRecording[]): readonly string[] {
  const taken = new Set<string>();
  return recordings.map(({ name }) => {
    const plain = cityOf(`${name}.x`);
    let city = plain;
    for (let count = 2; taken.has(city); count++) city = `${plain}-${count}`;
    taken.add(city);
    return city;
  });
}

/** Folders with a file a frame, in the results. */
const FRAME_FOLDERS = { frames: 'frames', yolo: 'yolo/labels', semantic: 'semantic/masks' } as const;

async function countFrames(recording: DatasetRecording): Promise<number> {
  for (const [part, folder] of Object.entries(FRAME_FOLDERS)) {
    if (recording.parts.has(part as DatasetPart)) return (await readdir(join(recording.folder, folder))).length;
  }
  return recording.parts.has('coco') ? countImages(recording) : 0;
}

/** Of the file or folder that comes first, in no order; empty where there is none. */
async function firstName(folder: string): Promise<string> {
  for await (const { name } of await opendir(folder)) return name;
  return '';
}
