import { writeFile } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';
import { isBackground } from '../../core/model.js';
import { makeFolder, writing } from '../../flow/durable.js';
import { frameName, type Output, type Recording, type SegmentSink } from '../file-output.js';
import { gatherFrameFiles, gatherPictures } from './frame-files.js';
import { encodeGreyPng } from './mask-png.js';

/**
 * For trainers of semantic segmentation: one grey PNG a frame of the source's size, whose values are classes. A class that was not chosen is
 * ignored in training (255), unless it stands for nothing in particular: background is learnt, too.
 */

interface SemanticStyle {
  /** Ids of the chosen classes. */
  readonly classes: ReadonlySet<number>;
}

/** Value of what training shall not count. */
const IGNORED = 255;

export interface SemanticClass {
  readonly name: string;
  readonly color: readonly [number, number, number];
  /** Of the network. */
  readonly id: number;
  readonly value: number;
}

/** Ultralytics' layout: `semantic/masks/frame_NNNNNN.png`, values counted anew from 0, and `semantic/data.yaml`. */
export function semanticMasks(recording: Recording, style: SemanticStyle): Output {
  const classes = semanticClasses(recording, style);
  return {
    ...greyMasks('semantic', recording, classes, (number) => `${frameName(number)}.png`),
    async assemble(segments, target, signal) {
      await gatherFrameFiles(segments, 'semantic', join(target, 'semantic', 'masks'), signal);
      await gatherPictures(segments, join(target, 'semantic', 'images'), signal);
      const path = join(target, 'semantic', 'data.yaml');
      await writing(path, () => writeFile(path, semanticYaml(classes, 'images', 'images')));
    },
  };
}

/** @param train, val folders of the pictures, as seen from the file */
function semanticYaml(classes: readonly Pick<SemanticClass, 'name'>[], train: string, val: string): string {
  const names = classes.map(({ name }, index) => `  ${index}: ${JSON.stringify(name)}\n`).join('');
  return `# Pictures lie in images/ under the names of masks/; the value 255 is ignored\ntrain: ${train}\nval: ${val}\nmasks_dir: masks\nnames:\n${names}`;
}

/**
 * Cityscapes' layout: `cityscapes/gtFine/train/CITY/CITY_000000_NNNNNN_gtFine_labelIds.png`. Where all classes have names of Cityscapes, values are
 * its label ids; else they are counted from 0, and `label_colors.txt` names them.
 */
export function cityscapesLabels(recording: Recording, style: SemanticStyle): Output {
  const counted = semanticClasses(recording, style);
  const official = counted.every(({ name }) => cityscapesId(name) !== undefined);
  const classes = official
    ? counted.map((entry) => ({ ...entry, value: cityscapesId(entry.name) ?? IGNORED }))
    : counted;
  const ignored = official ? CITYSCAPES.indexOf('unlabeled') : IGNORED;
  return {
    ...greyMasks('cityscapes', recording, classes, (number) => `${String(number).padStart(6, '0')}.png`, ignored),
    async assemble(segments, target, signal) {
      const city = cityOf(recording.file.path);
      const folder = join(target, 'cityscapes');
      await writing(folder, () => makeFolder(folder));
      await gatherFrameFiles(segments, 'cityscapes', join(folder, 'gtFine', 'train', city), signal, (name) =>
        cityscapesName(city, name.slice(0, -'.png'.length), 'gtFine_labelIds.png'),
      );
      await gatherPictures(segments, join(folder, 'leftImg8bit', 'train', city), signal, (name) =>
        cityscapesName(city, name.replace(/^frame_|\.\w+$/g, ''), `leftImg8bit${extname(name)}`),
      );
      const path = join(folder, 'label_colors.txt');
      const lines = classes.map(({ name, color }) => `${color.join(' ')} ${name}\n`).join('');
      await writing(path, () => writeFile(path, lines));
    },
  };
}

/** @param number six digits */
const cityscapesName = (city: string, number: string, ending: string): string => `${city}_000000_${number}_${ending}`;

/** Underscores part the fields of Cityscapes' names. */
export const cityOf = (path: string): string =>
  parse(path)
    .name.replace(/%0?\d*d|[\\*%]/g, '')
    .replace(/[_\s]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '') || 'recording';

/** The chosen classes and those that stand for nothing in particular, counted from 0. */
function semanticClasses({ model }: Recording, { classes }: SemanticStyle): readonly SemanticClass[] {
  return model.classes
    .filter((entry) => classes.has(entry.id) || isBackground(entry))
    .map(({ id, name, color }, value) => ({ id, name, color, value }));
}

function greyMasks(
  name: string,
  { model, size }: Recording,
  classes: readonly SemanticClass[],
  fileName: (number: number) => string,
  ignored = IGNORED,
): Pick<Output, 'name' | 'links' | 'open'> {
  const last = Math.max(0, ...model.classes.map(({ id }) => id));
  const values = new Uint8Array(last + 1).fill(ignored);
  for (const { id, value } of classes) values[id] = value;
  return {
    name,
    links: true,
    open: async (folder): Promise<SegmentSink> => ({
      async write({ number, labels }) {
        const path = join(folder, fileName(number));
        const png = await encodeGreyPng(
          labels.map((label) => values[label] ?? ignored),
          size,
        );
        await writing(path, () => writeFile(path, png));
      },
      finish: async () => {},
      abort: async () => {},
    }),
  };
}

/** Cityscapes' classes in the order of their label ids, as its scripts name them. */
const CITYSCAPES =
  'unlabeled,ego vehicle,rectification border,out of roi,static,dynamic,ground,road,sidewalk,parking,rail track,building,wall,fence,guard rail,bridge,tunnel,pole,polegroup,traffic light,traffic sign,vegetation,terrain,sky,person,rider,car,truck,bus,caravan,trailer,train,motorcycle,bicycle'.split(
    ',',
  );

function cityscapesId(name: string): number | undefined {
  const index = CITYSCAPES.indexOf(name.trim().toLowerCase());
  return index === -1 ? undefined : index;
}
