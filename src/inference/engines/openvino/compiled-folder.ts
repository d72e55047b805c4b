import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../flow/durable.js';

/**
 * The folder where OpenVINO keeps what it has compiled, so that a network starts in a fraction of the time when it is needed again. Only this
 * user can write there: what lies in it is run.
 * @param wanted a path; `auto` and absent: with the user's other caches; `none`: nothing is kept
 * @returns undefined where nothing is to be kept, or the folder can't be made or written: everything works without it
 */
export async function compiledFolder(
  wanted: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  if (wanted === 'none') return undefined;
  const caches = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = wanted === undefined || wanted === 'auto' ? join(caches, 'maskcast', 'openvino') : wanted;
  try {
    await makeFolder(folder, 0o700);
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
