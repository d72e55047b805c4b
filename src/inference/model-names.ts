import { basename, join, resolve } from 'node:path';
import { MaskcastError } from '../core/errors.js';
import { MODEL_NAME } from './manifest.js';

/**
 * What a network may be called by, in every command and in the configuration: the folder that it lies in, which is a text with a slash in it
 * (`./street`, `/srv/models/street`), or else its name in the models' folder. A folder is called as its network is, so each has a name.
 */
export const isModelFolder = (model: string): boolean => /[/\\]/.test(model) || model === '.' || model === '..';

export const modelNameOf = (model: string): string => (isModelFolder(model) ? basename(resolve(model)) : model);

/** The folder of a network. @throws MaskcastError MODEL_NOT_FOUND */
export function locateModel(model: string, modelsDir: string | undefined): string {
  if (isModelFolder(model)) return resolve(model);
  if (modelsDir !== undefined && MODEL_NAME.test(model)) return join(modelsDir, model);
  throw new MaskcastError('MODEL_NOT_FOUND', `there is no model "${model}"`);
}

/**
 * Folders by the names of their networks, of those that are called by folder.
 * @throws MaskcastError CONFIG_INVALID where two have one name
 */
export function namedFolders(models: readonly (string | undefined)[]): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  for (const model of models) {
    if (model === undefined || !isModelFolder(model)) continue;
    const [name, folder] = [modelNameOf(model), resolve(model)];
    const other = folders.get(name) ?? folder;
    if (other !== folder) {
      throw new MaskcastError(
        'CONFIG_INVALID',
        `two networks are called "${name}": ${other} and ${folder}; rename one`,
      );
    }
    folders.set(name, folder);
  }
  return folders;
}
