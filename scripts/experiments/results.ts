import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurably } from '../../src/flow/durable.js';

/**
 * What was measured, apart from how it is shown: `results.json` holds everything that the page says in numbers, so that the page can be
 * made again without data or networks. All shares are in per cent, all times in ms.
 */

const size = z.strictObject({ width: z.int().positive(), height: z.int().positive() });

const machine = z.strictObject({
  processor: z.string(),
  cores: z.int().positive(),
  memoryGiB: z.number(),
  system: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
});
export type Machine = z.infer<typeof machine>;

const score = z.strictObject({
  images: z.int().positive(),
  mIoU: z.number(),
  pixelAccuracy: z.number(),
  classAccuracy: z.number(),
  /** By class name; null where the class neither occurs nor is predicted. */
  iou: z.record(z.string(), z.number().nullable()),
  /** Pixels by true class (row) and predicted class (column). */
  confusion: z.array(z.array(z.number())),
});
export type Score = z.infer<typeof score>;

const looks = z.strictObject({
  mIoU: z.number(),
  iou: z.record(z.string(), z.number().nullable()),
  /** File; int8 copies look alike and have none. */
  picture: z.string().optional(),
});

const model = z.strictObject({
  name: z.string(),
  /** `compared`: same recipe and budget; `longer`: trained longer, a row of its own. */
  role: z.enum(['compared', 'longer']),
  precision: z.enum(['fp32', 'int8']),
  sha256: z.string(),
  trainedOn: z.string(),
  bytes: z.int().positive(),
  parameters: z.int().nonnegative(),
  /** For one picture of `plane`. */
  multiplyAdds: z.int().nonnegative(),
  /** Multiplying operators that the two figures leave out. */
  uncounted: z.array(z.string()),
  /** By split. */
  scores: z.record(z.string(), score),
  /** On the pictures that are free to show. */
  shown: looks,
});
export type ModelResult = z.infer<typeof model>;

const timings = z.strictObject({
  date: z.string(),
  machine,
  /** Mean number of processes that wanted to run in the minute before: 0 on a quiet machine. */
  load: z.number(),
  rounds: z.int().positive(),
  /** Name of the network that ratios are to. */
  reference: z.string(),
  /** One entry a model, by sha256 of its file, and number of threads. */
  runs: z.array(
    z.strictObject({ sha256: z.string(), threads: z.int().positive(), median: z.number(), ratio: z.number() }),
  ),
  /** Peak resident memory of a fresh process, MiB, by sha256. */
  memory: z.record(z.string(), z.number()),
  /** The same of a process that loads onnxruntime and no network. */
  memoryWithoutModel: z.number(),
});
export type Timings = z.infer<typeof timings>;

const curve = z.strictObject({
  run: z.string(),
  /** Architecture as the recipe names it. */
  model: z.string(),
  /** Planned length. */
  steps: z.int().positive(),
  batch: z.int().positive(),
  crop: z.tuple([z.int(), z.int()]),
  losses: z.array(z.tuple([z.number(), z.number()])),
  /** Mean IoU over the classes of the first validation set, by step. */
  validations: z.array(z.tuple([z.number(), z.number()])),
});
export type Curve = z.infer<typeof curve>;

const results = z.strictObject({
  date: z.string(),
  machine,
  /** Input of the network that a picture of the data set fills: its size, padded. */
  plane: size,
  data: z.strictObject({
    name: z.string(),
    /** In the order of the columns; the last one is what is reported. */
    splits: z.array(z.strictObject({ name: z.string(), images: z.int(), of: z.int() })).min(1),
    classes: z.array(z.strictObject({ name: z.string(), color: z.tuple([z.int(), z.int(), z.int()]) })),
  }),
  models: z.array(model).min(1),
  shown: z.strictObject({
    data: z.string(),
    images: z.int(),
    truth: z.string(),
    /** Networks for other views than the data set's: only shown. */
    others: z.array(looks.extend({ name: z.string() })),
  }),
  curves: z.array(curve),
  timings: timings.optional(),
});
export type Results = z.infer<typeof results>;

export async function readResults(path: string): Promise<Results> {
  return results.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** Long lists of numbers stay on one line each, so that a change can be read. */
export async function writeResults(path: string, value: Results): Promise<void> {
  const text = JSON.stringify(value, undefined, 1).replace(/\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/g, (list) =>
    list.replace(/\s+/g, ''),
  );
  await writeDurably(path, `${text}\n`);
}
