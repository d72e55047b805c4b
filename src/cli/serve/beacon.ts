import { lstat, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { makeFolder } from '../../flow/durable.js';

/**
 * Where a running server says that it listens: in its data folder, and in a folder of this user's for those who don't know that one
 * (`maskcast health` without a word, the image's health check). In the latter also which program it is. Neither outlives an orderly end;
 * after any other the address doesn't answer, which is what is asked.
 */
const beacon = z.object({ pid: z.int(), url: z.url() });
type Beacon = z.output<typeof beacon>;

const FILE = 'serving.json';
const PROGRAM = 'program';
const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the server keeps what it must not forget, unless it is told. */
export function defaultDataDir(env: Environment): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'maskcast');
}

/** The folder for all servers of this user: the one that started last counts. */
export const userFolder = (env: Environment): string =>
  join(env.TMPDIR || tmpdir(), `maskcast-${process.getuid?.() ?? 'user'}`);

/** @returns the function that takes it away again */
export async function light(dataDir: string, shared: string, url: string): Promise<() => Promise<void>> {
  const folders = (await isOurs(shared)) ? [dataDir, shared] : [dataDir];
  for (const folder of folders) await put(folder, url);
  if (folders.includes(shared)) await point(join(shared, PROGRAM));
  return async () => {
    for (const folder of folders) {
      const file = join(folder, FILE);
      if ((await read(file))?.pid === process.pid) await rm(file, { force: true });
    }
  };
}

/** The addresses that servers have left in these folders. */
export async function seen(folders: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(folders.map((folder) => read(join(folder, FILE))));
  return [...new Set(found.flatMap((each) => each?.url ?? []))];
}

/** Nothing depends on it but the question whether the server is well: a folder that takes no file is no reason not to serve. */
async function put(folder: string, url: string): Promise<void> {
  const file = join(folder, FILE);
  const draft = `${file}.${process.pid}`;
  try {
    await makeFolder(folder, 0o700);
    await writeFile(draft, JSON.stringify({ pid: process.pid, url } satisfies Beacon), { flag: 'wx' });
    await rename(draft, file);
  } catch {
    await rm(draft, { force: true }).catch(() => {});
  }
}

/** Anybody may make a folder of any name in the system's temporary one. */
async function isOurs(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 }).catch(() => {}); // it is there
    const found = await lstat(folder);
    return found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid);
  } catch {
    return false;
  }
}

async function point(link: string): Promise<void> {
  const draft = `${link}.${process.pid}`;
  await symlink(MAIN, draft)
    .then(() => rename(draft, link))
    .catch(() => rm(draft, { force: true }))
    .catch(() => {});
}

async function read(file: string): Promise<Beacon | undefined> {
  try {
    return beacon.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
