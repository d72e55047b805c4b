import { spawn } from 'node:child_process';
import { constants, type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { makeFolder, writing } from '../../flow/durable.js';

/**
 * A file that keeps a second process, or a second job of this one, away from the same work.
 *
 * Always holds: the system itself holds the lock, for an open file of this process, and drops it with the process, however that ends.
 * It belongs to the file, by whatever path or link that is reached, also from another container. What is written in the file is for
 * people only.
 */

/**
 * @param what it stands for, for people
 * @returns what releases the lock and takes the file away; idempotent
 * @throws MaskcastError CONFLICT where somebody holds it, OUTPUT_UNWRITABLE, DISK_FULL, UNAVAILABLE where the system has no locks
 */
export async function takeLock(path: string, what = `this (${path})`): Promise<() => Promise<void>> {
  for (let attempt = 1; ; attempt++) {
    const file = await create(path, attempt);
    if (file && (await holds(path, file, what))) {
      kept.add(file);
      await note(file);
      return once(() => release(path, file));
    }
    if (attempt === ATTEMPTS) throw held(what, undefined);
  }
}

/** Of this process: a file that nobody refers to any more is closed when memory is cleared up. */
const kept = new Set<FileHandle>();

/** Whoever had it before takes the file away, and with it the folder that was made for it: then it is made again. */
const ATTEMPTS = 20;

async function create(path: string, attempt: number): Promise<FileHandle | undefined> {
  return writing(path, async () => {
    await makeFolder(dirname(path));
    try {
      return await open(path, constants.O_RDWR | constants.O_CREAT | OPEN_LOCKED, 0o600);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && attempt < ATTEMPTS) return undefined;
      if (OPEN_LOCKED !== 0 && (code === 'EAGAIN' || code === 'EBUSY')) return undefined;
      throw error;
    }
  });
}

/** The file is closed where the lock could not be had. */
async function holds(path: string, file: FileHandle, what: string): Promise<boolean> {
  try {
    if (!(await lock(file, path))) throw held(what, await holder(path));
    if (await isAt(path, file)) return true;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return false;
}

/**
 * Where the system can lock a file while it is opened: O_NONBLOCK | O_EXLOCK of macOS, UV_FS_O_EXLOCK on Windows. Linux locks what is
 * open, and Node has no call for that: `flock` of util-linux locks the file that it is handed, for us.
 */
const OPEN_LOCKED = { darwin: 0x4 | 0x20, win32: 0x10000000 }[process.platform as string] ?? 0;

/** Where PATH leaves it out. */
const FLOCK = ['flock', '/usr/bin/flock'];
/** Its exit status where somebody else holds the lock. */
const HELD = 1;

async function lock(file: FileHandle, path: string): Promise<boolean> {
  if (OPEN_LOCKED !== 0) return true;
  for (const program of FLOCK) {
    const status = await run(program, file.fd);
    if (status === 'missing') continue;
    if (status === 0 || status === HELD) return status === 0;
    throw new MaskcastError('OUTPUT_UNWRITABLE', `${path} cannot be locked: flock ended with ${status}`);
  }
  throw new MaskcastError('UNAVAILABLE', `${path} cannot be locked: there is no flock (of util-linux) on this machine`);
}

function run(program: string, fd: number): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve('missing');
      else reject(new MaskcastError('UNAVAILABLE', `flock cannot be started: ${error.message}`, { retryable: true }));
    });
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'no status'));
  });
}

/** Whether the file that is open is still the one that others find. */
async function isAt(path: string, file: FileHandle): Promise<boolean> {
  const [own, there] = await Promise.all([
    file.stat({ bigint: true }),
    stat(path, { bigint: true }).catch(() => undefined),
  ]);
  return own.dev === there?.dev && own.ino === there.ino;
}

async function release(path: string, file: FileHandle): Promise<void> {
  // While it is held: who opens the file from now on finds another.
  if (await isAt(path, file)) await rm(path, { force: true }).catch(() => {});
  kept.delete(file);
  await file.close();
}

/** A full disk is no reason to have no lock. */
async function note(file: FileHandle): Promise<void> {
  try {
    await file.truncate();
    await file.write(`${process.pid}\n`, 0);
  } catch {
    // People are told less.
  }
}

/** The process that has written itself into the file. */
async function holder(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d+$/.exec(text.trim())?.[0];
}

function held(what: string, process: string | undefined): MaskcastError {
  const who = process === undefined ? 'another process' : `process ${process}`;
  return new MaskcastError('CONFLICT', `${who} is at work on ${what}; wait for it or stop it`, { retryable: true });
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= action();
    return done;
  };
}
