import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../../../src/record/run/lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A process that takes the lock at once and says so, then keeps it until it is killed. */
async function holder(path: string) {
  const program = join(folder, 'holder.mjs');
  const module = new URL('../../../../src/record/run/lock.ts', import.meta.url).href;
  await writeFile(
    program,
    `import { takeLock } from '${module}';\nawait takeLock('${path}');\ngc();\nprocess.send('held');\nprocess.on('message', () => {});\n`,
  );
  const child = fork(program, { execArgv: ['--expose-gc', '--import', 'tsx'], stdio: 'inherit' });
  await once(child, 'message');
  return {
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('a lock', () => {
  it('is held once, within this process as between processes', async () => {
    const path = join(folder, 'made', 'for', 'it', 'lock');
    const release = await takeLock(path);
    expect(await readFile(path, 'utf8')).toBe(`${process.pid}\n`);
    await expect(takeLock(path)).rejects.toMatchObject({
      code: 'CONFLICT',
      retryable: true,
      message: `process ${process.pid} is at work on this (${path}); wait for it or stop it`,
    });
    await release();
    await release();
    const again = await takeLock(path);
    await again();
    expect(await readdir(join(folder, 'made', 'for', 'it'))).toEqual([]);
  });

  it('is the same by whatever way the file is reached', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'link'));
    const release = await takeLock(join(folder, 'real', 'lock'));
    await expect(takeLock(join(folder, 'link', 'lock'), 'the folder')).rejects.toThrow(/at work on the folder;/);
    // Nor does it help to give the folder another name.
    await rename(join(folder, 'real'), join(folder, 'moved'));
    await expect(takeLock(join(folder, 'moved', 'lock'))).rejects.toMatchObject({ code: 'CONFLICT' });
    await release();
  });

  it('is free as soon as the process that held it has been killed, whatever it left in the file', async () => {
    const path = join(folder, 'lock');
    const { pid, kill } = await holder(path);
    await expect(takeLock(path)).rejects.toThrow(`process ${pid} is at work`);
    await kill();
    expect(await readFile(path, 'utf8')).toBe(`${pid}\n`);
    await (await takeLock(path))();
  }, 30_000);

  it('is given to one of many that ask at once, and to the next when that one has done', async () => {
    const path = join(folder, 'work', 'lock');
    let inside = 0;
    let taken = 0;
    const person = async () => {
      for (let round = 0; round < 4; round++) {
        const release = await takeLock(path).catch(() => undefined);
        if (!release) continue;
        taken += 1;
        expect(++inside).toBe(1);
        await new Promise(setImmediate);
        inside -= 1;
        await release();
        // As a finished journal does: whoever came after has put a lock of their own into the folder, and it stays.
        await rmdir(join(folder, 'work')).catch(() => {});
      }
    };
    await Promise.all([person(), person(), person(), person()]);
    expect(taken).toBeGreaterThanOrEqual(4);
    expect(inside).toBe(0);
  });

  it('leaves the file of whoever came after, where its own was taken away', async () => {
    const path = join(folder, 'lock');
    const release = await takeLock(path);
    await rm(path);
    const other = await takeLock(path);
    await release();
    await expect(takeLock(path)).rejects.toMatchObject({ code: 'CONFLICT' });
    await other();
  });

  it('that cannot be made is a typed error at once', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(takeLock(join(folder, 'file', 'lock'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    await expect(takeLock('/proc/maskcast/state/lock')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    await expect(takeLock('/proc/lock')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });
});
