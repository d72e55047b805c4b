import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MaskcastError } from '../../../core/errors.js';

/**
 * Where OpenVINO's C library lies. In: what configuration and environment say. Out: a path, or nothing where nobody named one and none is in
 * the usual places. Reads folders only; loads nothing.
 */

export interface LocateOptions {
  /** A file, or the folder that it lies in; see `inference.openvino.library`. */
  readonly library?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** Where Maskcast itself lies. */
  readonly home?: string;
}

/** On systems that aren't named here: as on Linux. A `*` stands for any name. */
const LINUX = {
  file: 'libopenvino_c.so*',
  wheel: '.venv/lib/python3*/site-packages/openvino/libs',
  below: 'runtime/lib/*',
  usual: [
    '/opt/intel/openvino*/runtime/lib/*',
    '/usr/local/lib',
    '/usr/local/lib/python3*/dist-packages/openvino/libs',
    '/usr/lib/*-linux-gnu',
    '/usr/lib64',
  ],
};
const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, typeof LINUX>>> = {
  darwin: {
    file: 'libopenvino_c*.dylib',
    wheel: LINUX.wheel,
    below: 'runtime/lib/*/Release',
    usual: ['/opt/intel/openvino*/runtime/lib/*/Release', '/opt/homebrew/lib', '/usr/local/lib'],
  },
  win32: {
    file: 'openvino_c.dll',
    wheel: '.venv/Lib/site-packages/openvino/libs',
    below: 'runtime/bin/*/Release',
    usual: ['Program Files (x86)/Intel/openvino*/runtime/bin/*/Release'],
  },
};

const PACKAGE = fileURLToPath(new URL('../../../../', import.meta.url));

/**
 * In this order: the configuration, `OPENVINO_LIB`, the wheel in Maskcast's own `.venv`, what OpenVINO's `setupvars` names, the usual places of
 * the system.
 * @throws MaskcastError ENGINE_UNAVAILABLE where a place that was named has no such library
 */
export async function locateLibrary(options: LocateOptions): Promise<string | undefined> {
  const { library, env = process.env, platform = process.platform, home = PACKAGE } = options;
  const system = SYSTEMS[platform] ?? LINUX;
  const named = [
    ['inference.openvino.library', library],
    ['OPENVINO_LIB', env.OPENVINO_LIB || undefined],
  ] as const;
  for (const [setting, place] of named) {
    if (place !== undefined) return libraryAt(setting, place, system.file);
  }
  const folders = [
    ...(await foldersLike(home, system.wheel)),
    ...(env.INTEL_OPENVINO_DIR ? await foldersLike(env.INTEL_OPENVINO_DIR, system.below) : []),
    ...(await Promise.all(system.usual.map((place) => foldersLike('/', place)))).flat(),
  ];
  for (const folder of folders) {
    const found = await newest(folder, system.file);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function libraryAt(setting: string, place: string, file: string): Promise<string> {
  const found = await stat(place).catch(() => undefined);
  const path = found?.isDirectory() ? await newest(place, file) : found?.isFile() && place;
  if (path) return path;
  throw new MaskcastError(
    'ENGINE_UNAVAILABLE',
    `${setting} names ${place}, where OpenVINO's C library is not; allowed are the library itself (${file}) and the folder that it lies in`,
  );
}

/** The file with the highest number: wheels have the library under its full version only. */
async function newest(folder: string, file: string): Promise<string | undefined> {
  const [found] = await namesLike(folder, file);
  return found === undefined ? undefined : join(folder, found);
}

/** Folders below `root`, those with the highest numbers first. Looks into no others, as a library for patterns would. */
async function foldersLike(root: string, pattern: string): Promise<readonly string[]> {
  let folders: readonly string[] = [root];
  for (const part of pattern.split('/')) {
    const below = folders.map(async (folder) =>
      (part.includes('*') ? await namesLike(folder, part) : [part]).map((name) => join(folder, name)),
    );
    folders = (await Promise.all(below)).flat();
  }
  return folders;
}

/** Names in a folder, the highest number first; none where it can't be read. */
async function namesLike(folder: string, pattern: string): Promise<readonly string[]> {
  const like = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  const names = (await readdir(folder).catch(() => [])).filter((name) => like.test(name));
  return names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}
