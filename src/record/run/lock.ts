import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { MaskcastError } from '../../core/errors.js';
import { writing } from '../../flow/durable.js';

/**
 * A file that keeps a second process, or a second job of this one, away from the same work.
 *
 * Always holds: the lock of a process that has died is void, also where its id belongs to another process by now.
 */

interface Holder {
  readonly pid: number;
  /** Tells processes of equal id apart: when the process started; absent where the system does not say. */
  readonly started: string | undefined;
  readonly token: string;
}

/** @returns what releases the lock @throws MaskcastError CONFLICT where a living process holds it */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const own: Holder = { pid: process.pid, started: await startOf(process.pid), token: randomUUID() };
  while (!(await create(path, own))) {
    const holder = await read(path);
    if (holder && (await lives(holder))) {
      throw new MaskcastError(
        'CONFLICT',
        `process ${holder.pid} is at work on this (${path}); wait for it or stop it`,
        {
          retryable: true,
        },
      );
    }
    // Renamed, not deleted: of two that find a dead holder only one takes its file away.
    const away = `${path}.${own.token}`;
    await rename(path, away).catch(() => {});
    await rm(away, { force: true });
  }
  held.add(own.token);
  return async () => {
    held.delete(own.token);
    if ((await read(path))?.token === own.token) await rm(path, { force: true });
  };
}

/** Locks of this very process. */
const held = new Set<string>();

async function create(path: string, own: Holder): Promise<boolean> {
  return writing(path, async () => {
    try {
      await writeFile(path, JSON.stringify(own), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Undefined where the file is gone, or was cut off in the middle of being written. */
async function read(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function lives({ pid, started, token }: Holder): Promise<boolean> {
  if (pid === process.pid && started === (await startOf(pid))) return held.has(token);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return started === (await startOf(pid));
}

/** From proc(5): the boot, and the clock ticks from it to the process's start. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return `${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}
