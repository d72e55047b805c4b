import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { MediaFolders } from '../../../src/jobs/media.js';
import { locateResult } from '../../../src/jobs/results.js';
import { safeName, Uploads } from '../../../src/jobs/uploads.js';
import { temporaryFolder } from '../../support/jobs.js';

async function folderOf(files: readonly string[]): Promise<string> {
  const folder = await temporaryFolder('files');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const file of files) {
    await mkdir(join(folder, file, '..'), { recursive: true });
    await writeFile(join(folder, file), file);
  }
  return folder;
}

describe('media folders', () => {
  it('list their recordings by path, without other and hidden files and without links', async () => {
    const folder = await folderOf(['in/b.MP4', 'in/a/deep.mkv', 'in/notes.txt', 'in/.hidden.mp4', 'out/secret.mp4']);
    await symlink(join(folder, 'out'), join(folder, 'in', 'link'));
    await symlink(join(folder, 'out', 'secret.mp4'), join(folder, 'in', 'link.mp4'));
    const media = new MediaFolders([join(folder, 'in'), join(folder, 'missing')]);
    expect((await media.list()).map(({ path, name, bytes }) => [path, name, bytes])).toEqual([
      ['in/a/deep.mkv', 'deep.mkv', 13],
      ['in/b.MP4', 'b.MP4', 8],
    ]);
    expect(await media.locate('in/a/deep.mkv')).toMatch(/in\/a\/deep\.mkv$/);
  });

  it.each([
    'in/../out/secret.mp4',
    'in/link/secret.mp4',
    'in/link.mp4',
    'in//b.mp4',
    'in/./b.mp4',
    'in/.hidden.mp4',
    'in/notes.txt',
    'in',
    '',
    '/etc/passwd',
    'in/b.mp4\0.txt',
    'out/secret.mp4',
  ])('give nothing for "%s"', async (path) => {
    const folder = await folderOf(['in/b.mp4', 'in/notes.txt', 'in/.hidden.mp4', 'out/secret.mp4']);
    await symlink(join(folder, 'out'), join(folder, 'in', 'link'));
    await symlink(join(folder, 'out', 'secret.mp4'), join(folder, 'in', 'link.mp4'));
    const media = new MediaFolders([join(folder, 'in')]);
    await expect(media.locate(path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('of the same name are told apart', async () => {
    const folder = await folderOf(['a/videos/x.mp4', 'b/videos/x.mp4']);
    const media = new MediaFolders([join(folder, 'a/videos'), join(folder, 'b/videos')]);
    expect((await media.list()).map(({ path }) => path)).toEqual(['videos-2/x.mp4', 'videos/x.mp4']);
    expect(await media.locate('videos-2/x.mp4')).toMatch(/b\/videos\/x\.mp4$/);
  });
});

describe('a result', () => {
  it.each(['../job.json', 'masks/../../job.json', '..', '.', '', '/etc/passwd', 'link', 'masks\\x', 'none.csv'])(
    'is never found under "%s"',
    async (path) => {
      const folder = await folderOf(['results/masks/x.png', 'job.json']);
      await symlink(join(folder, 'job.json'), join(folder, 'results', 'link'));
      await expect(locateResult(join(folder, 'results'), path, 'walk')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  );
});

describe('the name of an upload', () => {
  it.each([
    ['walk.mp4', 'walk.mp4'],
    ['C:\\Users\\me\\walk.mp4', 'walk.mp4'],
    ['../../etc/passwd', 'passwd'],
    ['.bashrc', 'bashrc'],
    ['..', 'video'],
    ['frame_%03d.png', 'frame__03d.png'],
    ['a\nb"c.mp4', 'a_b_c.mp4'],
    ['Spaziergang im März.mov', 'Spaziergang im März.mov'],
    [`${'ü'.repeat(200)}.mp4`, `${'ü'.repeat(60)}.mp4`],
  ])('%j becomes %j', (given, expected) => {
    expect(safeName(given)).toBe(expected);
  });
});

describe('uploads', () => {
  it('that nobody uses go after a day, those that a crash cut off at the next start', async () => {
    const folder = await folderOf([
      '0000000000000001/old.mp4',
      '0000000000000002/used.mp4',
      '0000000000000003/new.mp4',
    ]);
    await mkdir(join(folder, '0000000000000004.part'));
    const yesterday = Date.now() / 1000 - 25 * 3600;
    for (const id of [1, 2]) await utimes(join(folder, `000000000000000${id}`), yesterday, yesterday);
    const uploads = new Uploads({ folder, limit: 1, clock: systemClock, probe: async () => {} });
    const used = new Set(['0000000000000002']);
    const there = async (id: number) =>
      uploads.locate(`000000000000000${id}`).then(
        () => true,
        () => false,
      );
    await uploads.sweep(used, { atStart: false });
    expect([await there(1), await there(2), await there(3)]).toEqual([false, true, true]);
    await uploads.sweep(used, { atStart: true });
    expect((await uploads.locate('0000000000000003')).file).toBe('new.mp4');
    await expect(rm(join(folder, '0000000000000004.part'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
