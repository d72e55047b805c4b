import { constants, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { makeFolder } from '../../flow/durable.js';
import { MANIFEST_FILE, type Manifest, MODEL_NAME, sha256 } from '../manifest.js';
import { requireDataBeside } from '../onnx/external-data.js';
import { createSegmenter } from '../segmenter.js';
import { type DraftAnswers, draftManifest } from './draft.js';
import type { OutputDraft } from './draft-output.js';
import type { Inspection } from './inspect.js';

export interface AddModelOptions {
  /** The .onnx file. */
  readonly path: string;
  readonly modelsDir: string;
  readonly inspection: Inspection;
  readonly output: OutputDraft;
  /** See the manifest's `input.size.longestSide`. */
  readonly longestSide: number;
  readonly answers: Omit<DraftAnswers, 'sha256' | 'dataFiles'>;
}

/**
 * Copies a network into the models' folder with a drafted manifest and card. Always holds: the new folder appears under its
 * name only after the network has run once as the manifest says; on any error nothing is left.
 * @throws MaskcastError CONFLICT (name taken), MODEL_INVALID, MANIFEST_INVALID, MANIFEST_MISMATCH, OUTPUT_UNWRITABLE
 * @returns the new folder and its manifest
 */
export async function addModel(
  options: AddModelOptions,
): Promise<{ readonly dir: string; readonly manifest: Manifest }> {
  const { path, modelsDir, inspection, output, longestSide, answers } = options;
  if (!MODEL_NAME.test(answers.name)) {
    throw new MaskcastError(
      'USAGE',
      `a model's name has letters, digits, dots, hyphens and underscores; received "${answers.name}"`,
    );
  }
  const dir = join(modelsDir, answers.name);
  await attempt(() => makeFolder(modelsDir));
  const workshop = await attempt(() => mkdtemp(join(modelsDir, '.adding-')));
  try {
    const draft = join(workshop, answers.name);
    await requireDataBeside(path, inspection.header);
    const dataFiles = await copyFiles(path, draft, inspection.header.externalData);
    const checksums = { sha256: await sha256(join(draft, 'model.onnx')), dataFiles };
    const manifest = draftManifest(inspection, output, longestSide, { ...answers, ...checksums });
    await attempt(async () => {
      await writeFile(join(draft, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
      await writeFile(join(draft, 'README.md'), card(manifest));
    });
    const segmenter = await createSegmenter({ model: draft, workers: 1, threads: 1 });
    await segmenter.close();
    await publish(draft, dir);
    return { dir, manifest };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Copies the ONNX file as `model.onnx`, and the files that it names beside it under their own names. */
async function copyFiles(path: string, draft: string, externalData: readonly string[]): Promise<Manifest['dataFiles']> {
  await attempt(() => mkdir(draft));
  await attempt(() => copyFile(path, join(draft, 'model.onnx'), constants.COPYFILE_FICLONE));
  const files: Manifest['dataFiles'] = [];
  for (const name of externalData) {
    await attempt(() => copyFile(join(dirname(path), name), join(draft, name), constants.COPYFILE_FICLONE));
    files.push({ file: name, sha256: await sha256(join(draft, name)) });
  }
  return files;
}

async function publish(draft: string, dir: string): Promise<void> {
  try {
    await rename(draft, dir);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' || code === 'EPERM') {
      throw new MaskcastError('CONFLICT', `${dir} exists; choose another name`, { cause });
    }
    throw unwritable(cause);
  }
}

async function attempt<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    throw unwritable(cause);
  }
}

/** In words of ours: the system's name the folder that the model is made in. */
function unwritable(cause: unknown): MaskcastError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MaskcastError('DISK_FULL', "the model can't be copied: the disk is full", { cause });
  }
  const why = { EACCES: 'permission denied', EPERM: 'permission denied', EROFS: 'the disk is read-only' }[code] ?? code;
  return new MaskcastError('OUTPUT_UNWRITABLE', `the model can't be copied into the models' folder: ${why}`, { cause });
}

const card = ({ name, licence, data, classes }: Manifest): string => `# ${name}

**Licence of the weights:** ${licence}

Trained on: ${data}

Classes: ${classes.map((entry) => entry.name).join(', ')}.

Scores, speed and known failures: not measured yet. \`maskcast eval --data FOLDER --split SPLIT --model ${name}\` measures them.
`;
