import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileAccess } from '../../../../src/media/address/file-access.js';
import { parseSource } from '../../../../src/media/address/source.js';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'maskcast-access-')));
  for (const name of ['media', 'media/inner', 'media-2', 'other']) await mkdir(join(folder, name));
  for (const name of ['media/a.mp4', 'media-2/b.mp4', 'other/c.mp4']) await writeFile(join(folder, name), 'x');
  await symlink(join(folder, 'other/c.mp4'), join(folder, 'media/link.mp4'));
  await symlink(join(folder, 'other'), join(folder, 'media/out'));
  await symlink(join(folder, 'media'), join(folder, 'way-in'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const attempt = (folders: string[], name: string) => () =>
  new FileAccess(folders).require(parseSource(name.includes('://') ? name : join(folder, name)));

describe('with mediaDirs', () => {
  it.each(['media/a.mp4', 'media/absent.mp4', 'media/inner/../a.mp4', 'way-in/a.mp4'])('%s may be read', (name) =>
    expect(attempt([join(folder, 'media')], name)).not.toThrow(),
  );

  it.each([
    'other/c.mp4',
    'other/absent.mp4',
    'media/../other/c.mp4',
    'media/link.mp4',
    'media/out/c.mp4',
    'media/out/absent.mp4',
    'media-2/b.mp4',
    'media',
    '/etc/passwd',
  ])('%s may not, whether it is there or not', (name) =>
    expect(attempt([join(folder, 'media')], name)).toThrowError(
      expect.objectContaining({ code: 'FORBIDDEN', message: expect.not.stringContaining(folder) }),
    ),
  );

  it('a file that is named as an address lies where it lies', () => {
    expect(attempt([join(folder, 'media')], `file://${folder}/other/c.mp4`)).toThrow(/mediaDirs/);
    expect(attempt([join(folder, 'media')], `file://${folder}/media/a.mp4`)).not.toThrow();
  });

  it('a folder may be given through a link', () => {
    expect(attempt([join(folder, 'way-in')], 'media/a.mp4')).not.toThrow();
  });

  it('addresses and devices are no files', () => {
    expect(attempt([folder], 'rtsp://192.0.2.1/live')).not.toThrow();
  });
});

it('without mediaDirs every file may be named', () => {
  expect(attempt([], 'other/c.mp4')).not.toThrow();
});
