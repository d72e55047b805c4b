import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { epochMs } from '../../../src/core/time.js';
import * as durable from '../../../src/flow/durable.js';
import { AgeClock } from '../../../src/jobs/age-clock.js';
import { MediaFolders } from '../../../src/jobs/media.js';
import { locateResult } from '../../../src/jobs/results.js';
import { safeName, Uploads } from '../../../src/jobs/uploads.js';
import { ManualClock } from '../../support/fakes/manual-clock.js';
import { temporaryFolder } from '../../support/jobs.js';

vi.mock(import('../../../src/flow/durable.js'), { spy: true });
afterEach(() => {
  vi.mocked(durable.freeBytes).mockReset();
});

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
  it('is never found behind a link, be it a file or a folder', async () => {
    const folder = await folderOf(['elsewhere/secret.txt', 'results/masks/x.png']);
    const results = join(folder, 'results');
    await symlink(join(folder, 'elsewhere'), join(results, 'linked'));
    await symlink(join(results, 'masks'), join(results, 'inner'));
    expect(await locateResult(results, 'masks/x.png', 'walk')).toMatchObject({ kind: 'file' });
    for (const path of ['linked/secret.txt', 'linked', 'inner/x.png', 'inner']) {
      await expect(locateResult(results, path, 'walk'), path).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    // The folder of all jobs may be a link: that is the administrator's.
    await symlink(folder, join(folder, 'link'));
    expect(await locateResult(join(folder, 'link', 'results'), 'masks/x.png', 'walk')).toMatchObject({ kind: 'file' });
  });

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
    const uploads = new Uploads({ folder, limit: 1, probe: async () => {} });
    const now = Date.now();
    const used = new Set(['0000000000000002']);
    const there = async (id: number) =>
      uploads.locate(`000000000000000${id}`).then(
        () => true,
        () => false,
      );
    await uploads.sweep('all', { atStart: false, now });
    expect([await there(1), await there(2), await there(3)]).toEqual([true, true, true]);
    await uploads.sweep(used, { atStart: false, now });
    expect([await there(1), await there(2), await there(3)]).toEqual([false, true, true]);
    await uploads.sweep(used, { atStart: true, now });
    expect((await uploads.locate('0000000000000003')).file).toBe('new.mp4');
    await expect(rm(join(folder, '0000000000000004.part'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  /** Sends `sizes` one after the other, each as soon as the one before has been taken. */
  const send = (uploads: Uploads, sizes: readonly number[], length?: number) =>
    uploads.receive({
      name: 'a.mp4',
      body: (async function* () {
        for (const size of sizes) yield new Uint8Array(size);
      })(),
      length,
      signal: new AbortController().signal,
    });
  const MB = 1024 * 1024;

  it('that end before their announced length are not taken, and leave nothing', async () => {
    const folder = await folderOf([]);
    const uploads = new Uploads({ folder, limit: 100, probe: async () => {} });
    await expect(send(uploads, [10, 10], 30)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(send(uploads, [], 0)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await readdir(folder)).toEqual([]);
    expect(await send(uploads, [10, 20], 30)).toMatchObject({ bytes: 30 });
  });

  it('leave the reserve free, announced or not, alone or side by side', async () => {
    const folder = await folderOf([]);
    const limit = 2 ** 50;
    let left = 10 * MB;
    vi.spyOn(durable, 'freeBytes').mockImplementation(async () => left);
    const uploads = new Uploads({ folder, limit, reserve: 6 * MB, probe: async () => {} });
    await expect(send(uploads, [5 * MB], 5 * MB)).rejects.toMatchObject({ code: 'DISK_FULL' });
    // Without a length: as the disk fills up.
    const filling = uploads.receive({
      name: 'b.mp4',
      body: (async function* () {
        for (let sent = 0; sent < 64; sent++) {
          yield new Uint8Array(MB);
          left -= MB;
        }
      })(),
      length: undefined,
      signal: new AbortController().signal,
    });
    await expect(filling).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(left).toBeGreaterThanOrEqual(6 * MB);
    left = 10 * MB;
    const both = await Promise.allSettled([send(uploads, [3 * MB], 3 * MB), send(uploads, [3 * MB], 3 * MB)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    // What was promised to those who have left or are done is free again.
    expect(await send(uploads, [3 * MB], 3 * MB)).toMatchObject({ bytes: 3 * MB });
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('the time by which things are old', () => {
  it('goes on over a restart, but does not jump with a clock that is set ahead', async () => {
    const folder = await folderOf([]);
    const clock = new ManualClock();
    const first = new AgeClock(folder, clock);
    await first.start();
    expect(first.now()).toBe(clock.wall());
    await clock.advance(3_600_000);
    await first.save();
    const saved = first.now();
    expect(saved).toBe(clock.wall());
    const started = async (wall: number) => {
      const age = new AgeClock(folder, { now: () => clock.now(), wall: () => epochMs(wall) });
      await age.start();
      return age;
    };
    expect((await started(saved + 5000)).now()).toBe(saved + 5000);
    expect((await started(saved - 5000)).now()).toBe(saved - 5000);
    const ahead = await started(saved + 365 * 86_400_000);
    expect(ahead.now()).toBe(saved + 12 * 3_600_000);
    await clock.advance(1000);
    expect(ahead.now()).toBe(saved + 12 * 3_600_000 + 1000);
    // Nor at the start after that.
    await ahead.save();
    expect((await started(saved + 365 * 86_400_000)).now()).toBe(saved + 24 * 3_600_000 + 1000);
  });
});
