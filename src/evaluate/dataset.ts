import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, parse, resolve } from 'node:path';
import { z } from 'zod';
import { MaskcastError } from '../core/errors.js';

/**
 * In: a folder `SPLIT/images` of pictures, `SPLIT/labels` of PNGs of the same names whose values are class indices, and
 * `classes.json` beside the split or up to two folders above. Out: pairs of files in the order of their names, with the classes. Always holds:
 * every picture has its label.
 */
export interface LabelledDataset {
  readonly name: string;
  readonly split: string;
  readonly classes: readonly DatasetClass[];
  /** Label value that no score counts; absent where every value is a class. */
  readonly ignoreIndex: number | undefined;
  readonly samples: readonly Sample[];
}

export interface DatasetClass {
  readonly id: number;
  readonly name: string;
  /** sRGB, 0–255; absent where `classes.json` names none. */
  readonly color?: readonly [number, number, number] | undefined;
}

export interface Sample {
  /** File name without its extension. */
  readonly name: string;
  readonly image: string;
  readonly label: string;
}

const CLASSES_FILE = 'classes.json';
/** Folders above the split where `classes.json` is looked for. */
const LEVELS = 3;
const PICTURE = /\.(jpe?g|png|webp|tiff?)$/i;

const classesFile = z.object({
  ignoreIndex: z.int().min(0).max(255).optional(),
  classes: z
    .array(
      z.object({
        id: z.int().min(0).max(254),
        name: z.string().min(1),
        color: z.tuple([byte(), byte(), byte()]).optional(),
      }),
    )
    .min(1),
});

function byte() {
  return z.int().min(0).max(255);
}

/** @throws MaskcastError DATASET_INVALID */
export async function openDataset(data: string, split: string): Promise<LabelledDataset> {
  const folder = resolve(data, split);
  const images = await list(join(folder, 'images'));
  const labels = new Map((await list(join(folder, 'labels'))).map((file) => [parse(file).name, file]));
  const pictures = images.filter((file) => PICTURE.test(file)).sort();
  if (pictures.length === 0) throw invalid(`${join(folder, 'images')} has no picture (JPEG, PNG, WebP or TIFF)`);
  const samples: Sample[] = [];
  const missing: string[] = [];
  for (const file of pictures) {
    const { name } = parse(file);
    const label = labels.get(name);
    if (label === undefined || !/\.png$/i.test(label)) missing.push(name);
    else samples.push({ name, image: join(folder, 'images', file), label: join(folder, 'labels', label) });
  }
  if (missing.length > 0) {
    const some = missing.slice(0, 3).join(', ');
    throw invalid(`${missing.length} of ${pictures.length} pictures in ${folder} have no label PNG: ${some}, …`);
  }
  return { name: parse(resolve(data)).name, split, samples, ...(await readClasses(folder)) };
}

async function readClasses(folder: string): Promise<Pick<LabelledDataset, 'classes' | 'ignoreIndex'>> {
  const tried: string[] = [];
  for (let dir = folder; tried.length < LEVELS; dir = dirname(dir)) {
    const path = join(dir, CLASSES_FILE);
    tried.push(path);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseClasses(text, path);
  }
  throw invalid(`there is no ${CLASSES_FILE}; looked for ${tried.join(', ')}`);
}

function parseClasses(text: string, path: string): Pick<LabelledDataset, 'classes' | 'ignoreIndex'> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`${path} is not JSON: ${(cause as Error).message}`, cause);
  }
  const result = classesFile.safeParse(json);
  if (!result.success) {
    const problems = result.error.issues.map(({ path: key, message }) => `${key.join('.') || 'file'}: ${message}`);
    throw invalid(`${path}: ${problems.join('; ')}`);
  }
  const { classes, ignoreIndex } = result.data;
  const gap = classes.findIndex(({ id }, index) => id !== index);
  if (gap >= 0) {
    throw invalid(
      `${path}: classes must be listed in order of id from 0; expected ${gap}, received ${classes[gap]?.id}`,
    );
  }
  return { classes, ignoreIndex };
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw invalid(`${folder} can't be read; a split has a folder images and a folder labels`, cause);
  }
}

const invalid = (message: string, cause?: unknown) => new MaskcastError('DATASET_INVALID', message, { cause });
