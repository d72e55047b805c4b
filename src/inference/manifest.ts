import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { MaskcastError } from '../core/errors.js';
import type { ModelInfo } from '../core/model.js';
import { scoreGrid } from './score-grid.js';

/**
 * In: a model's folder with `manifest.json` and the ONNX file beside it. Out: a checked description of the network, its
 * input, its output and its classes. Always holds: a manifest that parses is consistent in itself; whether it fits the
 * graph is `fit.ts`'s question.
 */

export const MANIFEST_FILE = 'manifest.json';

/** Folder and model names: safe in a path, in a URL and in a metric's label. */
export const MODEL_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;

const modelName = z
  .string()
  .regex(
    MODEL_NAME,
    'must be 1–100 letters, digits, dots, hyphens or underscores, beginning and ending with one of the first two',
  );

const checksum = z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 in 64 lower-case hexadecimal digits');

/** Names that weights beside an ONNX file may have; exporters write some like `onnx::Conv_123`. */
export const DATA_FILE_NAME = /^[^./\\][^/\\]{0,254}$/;

const fileName = (pattern: RegExp, what: string) =>
  z.string().regex(pattern, `must be the name of ${what} in the same folder`);

const channelValues = z.tuple([z.number(), z.number(), z.number()]);

const side = z.int().min(1).max(16_384);

const inputSize = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('dynamic'),
    multipleOf: z.int().min(1).max(1024).default(32).meta({
      description: 'Width and height in pixels must divide by this; what the picture does not fill is padded',
    }),
    longestSide: side.default(512).meta({
      description: 'Longest side in pixels to which pictures are scaled down unless the configuration says otherwise',
    }),
    enlargeTo: side.optional().meta({
      description:
        'Longest side in pixels to which smaller pictures are enlarged, twice at most; not enlarged where absent',
    }),
  }),
  z.strictObject({
    kind: z.literal('fixed'),
    width: side,
    height: side,
  }),
]);

/** Element types of an input that takes pictures. */
export const INPUT_TYPES = ['uint8', 'float32', 'float16', 'float64'] as const;

const input = z
  .strictObject({
    tensor: z.string().min(1).meta({ description: "Name of the graph's input" }),
    type: z.enum(INPUT_TYPES),
    layout: z.enum(['NCHW', 'NHWC']),
    colorOrder: z.enum(['RGB', 'BGR']).default('RGB'),
    size: inputSize,
    scale: z.number().positive().default(1),
    mean: channelValues.default([0, 0, 0]),
    std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).default([1, 1, 1]),
  })
  .refine(
    ({ type, scale, mean, std }) =>
      type !== 'uint8' || (scale === 1 && mean.every((value) => value === 0) && std.every((value) => value === 1)),
    {
      error: 'scale, mean and std need a float type: a uint8 input takes pixels as they are',
      path: ['type'],
    },
  )
  .meta({
    description:
      'A value of the input tensor is (pixel · scale − mean) / std; pixel from 0 to 255, mean and std in colorOrder',
  });

const OUTPUT_KINDS = ['logits', 'probabilities', 'labels'] as const;

const output = z
  .strictObject({
    tensor: z.string().min(1).meta({ description: "Name of the graph's output" }),
    kind: z.enum(OUTPUT_KINDS).meta({
      description:
        'logits: softmax is still to be applied (sigmoid for one channel); probabilities: it is in the graph; labels: class indices',
    }),
    layout: z.enum(['NCHW', 'NHWC']).default('NCHW').meta({
      description: 'Order of dimensions; a batch or a single channel may be left out ([1, height, width])',
    }),
    stride: z
      .int()
      .min(1)
      .max(64)
      .meta({ description: 'Pixels of the input a value of the output, in each direction' }),
    scale: z.number().positive().optional().meta({
      description: 'Probabilities only: probability = value · scale, for instance 1/255 of a mask of 0 to 255',
    }),
  })
  .refine(({ kind, scale }) => scale === undefined || kind === 'probabilities', {
    error: 'scale needs kind probabilities',
    path: ['scale'],
  });

const classInfo = z.strictObject({
  id: z.int().min(0).max(254).meta({ description: "Index in the network's output" }),
  name: z.string().min(1).max(64),
  color: z.tuple([byte(), byte(), byte()]).meta({ description: 'sRGB' }),
});

const score = z.strictObject({
  data: z.string().min(1).meta({ description: 'Data set and split, for instance "CamVid test"' }),
  mIoU: z.number().min(0).max(100).optional().meta({ description: 'Per cent, mean over the classes of the data set' }),
  pixelAccuracy: z.number().min(0).max(100).optional().meta({ description: 'Per cent' }),
  classIoU: z
    .record(z.string(), z.number().min(0).max(100))
    .optional()
    .meta({ description: 'Per cent, by class name' }),
  command: z.string().min(1).optional().meta({ description: 'What gives these figures again' }),
});

const calibration = z.strictObject({
  bias: z.record(z.string(), z.number()).meta({ description: 'Added to the logits, by class name; 0 where absent' }),
  temperature: z.number().positive().meta({ description: 'The logits with their bias are divided by this' }),
  data: z.string().min(1).meta({ description: 'What they were fitted on' }),
});

export const manifestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: modelName.meta({ description: "The folder's name" }),
    task: z.literal('semantic-segmentation'),
    description: z.string().max(500).optional(),
    file: fileName(/^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$/, 'an .onnx file').default('model.onnx'),
    sha256: checksum.meta({ description: 'Of the ONNX file' }),
    dataFiles: z
      .array(z.strictObject({ file: fileName(DATA_FILE_NAME, 'a file'), sha256: checksum }))
      .default([])
      .meta({ description: 'Files in the same folder that the ONNX file keeps weights in ("external data")' }),
    input,
    output,
    classes: z
      .array(classInfo)
      .min(2)
      .max(255)
      .meta({ description: 'Every class of the output, in order of id from 0' }),
    ignoreIndex: z.int().min(0).max(255).optional().meta({
      description: 'Label value in ground truth that no score counts',
    }),
    licence: z.string().min(1).meta({ description: 'Under which terms the weights may be used' }),
    data: z.string().min(1).meta({ description: 'What the network was trained on' }),
    scores: z.array(score).default([]),
    calibration: calibration.optional().meta({
      description: 'What the ONNX file already holds in its last convolution: for the record, nothing is applied again',
    }),
  })
  .superRefine((manifest, context) => {
    manifest.classes.forEach((entry, index) => {
      if (entry.id !== index) {
        context.addIssue({
          code: 'custom',
          path: ['classes', index, 'id'],
          message: `classes must be listed in order of id from 0 without a gap: expected ${index}, received ${entry.id}`,
        });
      }
    });
    const names = manifest.classes.map((entry) => entry.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['classes'],
        message: `class names must differ; "${twice}" is there twice`,
      });
    }
    for (const name of Object.keys(manifest.calibration?.bias ?? {})) {
      if (names.includes(name)) continue;
      context.addIssue({
        code: 'custom',
        path: ['calibration', 'bias', name],
        message: `must be a class; the classes are ${names.join(', ')}`,
      });
    }
    if (manifest.ignoreIndex !== undefined && manifest.ignoreIndex < manifest.classes.length) {
      context.addIssue({
        code: 'custom',
        path: ['ignoreIndex'],
        message: `must not be a class; received ${manifest.ignoreIndex} with ${manifest.classes.length} classes`,
      });
    }
    const { size } = manifest.input;
    const { stride } = manifest.output;
    const sides =
      size.kind === 'dynamic' ? { multipleOf: size.multipleOf } : { width: size.width, height: size.height };
    for (const [key, value] of Object.entries(sides)) {
      if (value % stride === 0) continue;
      context.addIssue({
        code: 'custom',
        path: ['input', 'size', key],
        message: `must be a multiple of output.stride (${stride}); received ${value}`,
      });
    }
  });

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestInput = Manifest['input'];
export type ManifestOutput = Manifest['output'];

/** A manifest and where its files lie. */
export interface ModelFiles {
  readonly manifest: Manifest;
  /** Absolute path of the folder. */
  readonly dir: string;
  /** Absolute path of the ONNX file. */
  readonly modelPath: string;
}

function byte() {
  return z.int().min(0).max(255);
}

/**
 * Checks a manifest that came from anywhere.
 * @param where what to call it in an error, for instance its path
 * @throws MaskcastError MANIFEST_INVALID naming every wrong key
 */
export function parseManifest(value: unknown, where: string): Manifest {
  const result = manifestSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`);
  throw new MaskcastError('MANIFEST_INVALID', `${where}: ${problems.join('; ')}`, {
    details: { problems },
  });
}

/**
 * Reads `manifest.json` of a model's folder.
 * @throws MaskcastError MODEL_NOT_FOUND (no manifest there), MANIFEST_INVALID
 */
export async function readManifest(folder: string): Promise<ModelFiles> {
  const dir = resolve(folder);
  const path = join(dir, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new MaskcastError('MODEL_NOT_FOUND', `there is no model in ${dir}: ${MANIFEST_FILE} can't be read`, {
      cause: error,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new MaskcastError('MANIFEST_INVALID', `${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const manifest = parseManifest(json, path);
  if (manifest.name !== basename(dir)) {
    throw new MaskcastError(
      'MANIFEST_INVALID',
      `${path}: name must be the folder's name "${basename(dir)}"; received "${manifest.name}"`,
    );
  }
  return { manifest, dir, modelPath: join(dir, manifest.file) };
}

/**
 * Compares the network's files with the manifest: a half-copied or exchanged file is found before it runs.
 * @throws MaskcastError MODEL_NOT_FOUND, MANIFEST_MISMATCH
 */
export async function verifyChecksums({ manifest, dir, modelPath }: ModelFiles): Promise<void> {
  const files = manifest.dataFiles.map((entry) => ({ path: join(dir, entry.file), expected: entry.sha256 }));
  for (const { path, expected } of [{ path: modelPath, expected: manifest.sha256 }, ...files]) {
    const found = await sha256(path);
    if (found === expected) continue;
    throw new MaskcastError('MANIFEST_MISMATCH', `${path} has sha256 ${found}; the manifest expects ${expected}`);
  }
}

/** Lower-case hexadecimal SHA-256 of a file. @throws MaskcastError MODEL_NOT_FOUND */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new MaskcastError('MODEL_NOT_FOUND', `${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
  return hash.digest('hex');
}

/**
 * What the other parts of the server need of a manifest.
 * @param finest see `scoreGrid`
 */
export function toModelInfo(manifest: Manifest, finest?: number): ModelInfo {
  return {
    name: manifest.name,
    classes: manifest.classes,
    ignoreIndex: manifest.ignoreIndex,
    licence: manifest.licence,
    stride: scoreGrid(manifest.output.stride, finest).stride,
    ...(manifest.output.kind === 'labels' ? { labelsOnly: true } : {}),
  };
}
