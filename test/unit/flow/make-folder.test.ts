import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../src/flow/durable.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a folder', () => {
  it('is made with those above it, also by several at once', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(path, 0o700)));
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await symlink(path, join(folder, 'link'));
    await makeFolder(join(folder, 'link'));
  });

  it.each([
    ['below a file', () => join(folder, 'file', 'x'), 'ENOTDIR'],
    ['where a file is', () => join(folder, 'file'), 'EEXIST'],
    ['where a link leads nowhere', () => join(folder, 'nowhere'), 'EEXIST'],
    // Node's own `recursive` tries this for ever.
    ['below /proc', () => '/proc/maskcast/a/b', 'ENOENT'],
  ])('that cannot be is an error at once: %s', async (_, path, code) => {
    await writeFile(join(folder, 'file'), '');
    await symlink(join(folder, 'none'), join(folder, 'nowhere'));
    await expect(makeFolder(path())).rejects.toMatchObject({ code });
  });
});
