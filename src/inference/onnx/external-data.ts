import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { DATA_FILE_NAME, MANIFEST_FILE } from '../manifest.js';
import type { OnnxHeader } from './header.js';

/** Names that a model's folder has for other things. */
const TAKEN: readonly string[] = ['model.onnx', MANIFEST_FILE, 'README.md'];

/**
 * Holds an ONNX file to what we take of weights in other files: they lie beside it, under names that are theirs alone. Always before
 * onnxruntime sees the file, which would open whatever it names.
 * @param path of the ONNX file
 * @throws MaskcastError MODEL_INVALID
 */
export async function requireDataBeside(
  path: string,
  { externalData }: Pick<OnnxHeader, 'externalData'>,
): Promise<void> {
  for (const name of externalData) {
    const keeps = `${basename(path)} keeps weights in "${name}"`;
    if (!DATA_FILE_NAME.test(name)) throw invalid(`${keeps}; only files in the same folder are taken`);
    if (TAKEN.includes(name))
      throw invalid(`${keeps}, a name that means something else here; save it with another one`);
    const file = await stat(join(dirname(path), name)).catch(() => undefined);
    if (!file?.isFile()) throw invalid(`${keeps}, which is not there; copy it beside the ONNX file`);
  }
}

/**
 * The same for a model that is here already: its manifest has to name each such file, or no checksum would cover it.
 * @param title what to call the network
 * @throws MaskcastError MANIFEST_MISMATCH
 */
export function requireDataListed(
  title: string,
  { externalData }: Pick<OnnxHeader, 'externalData'>,
  listed: readonly { readonly file: string }[],
): void {
  const unknown = externalData.find((name) => !listed.some(({ file }) => file === name));
  if (unknown === undefined) return;
  throw new MaskcastError(
    'MANIFEST_MISMATCH',
    `${title} keeps weights in "${unknown}", which the manifest's dataFiles don't name`,
  );
}

const invalid = (message: string) => new MaskcastError('MODEL_INVALID', message);
