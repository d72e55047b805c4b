import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asMaskcastError, MaskcastError } from '../core/errors.js';
import { MANIFEST_FILE, type ModelFiles, readManifest } from './manifest.js';

/** A folder of the models' folder: a model, or why it is none. */
export type CatalogEntry =
  | { readonly name: string; readonly files: ModelFiles }
  | { readonly name: string; readonly error: MaskcastError };

/**
 * All models of a folder, by name; a broken one doesn't hide the others.
 * @param elsewhere folders of further ones by their names; they hide those of the same name
 * @throws MaskcastError CONFIG_INVALID where the folder can't be read
 */
export async function readCatalog(
  modelsDir: string,
  elsewhere: ReadonlyMap<string, string> = new Map(),
): Promise<readonly CatalogEntry[]> {
  const names = new Set([...(await modelFolders(modelsDir)), ...elsewhere.keys()]);
  return Promise.all(
    [...names].sort().map(async (name): Promise<CatalogEntry> => {
      try {
        return { name, files: await readManifest(elsewhere.get(name) ?? join(modelsDir, name)) };
      } catch (error) {
        return { name, error: asMaskcastError(error) };
      }
    }),
  );
}

async function modelFolders(modelsDir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(modelsDir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw new MaskcastError(
      'CONFIG_INVALID',
      `${modelsDir} must be a folder with one folder a model, each with a ${MANIFEST_FILE}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
