import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cvatArchive } from '../../../../src/record/export/cvat.js';
import type { Recording, Segment } from '../../../../src/record/file-output.js';
import { storedFiles } from '../../../support/exports.js';

async function labelMapOf(names: readonly string[], chosen: readonly number[]): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'maskcast-cvat-'));
  try {
    const classes = names.map((name, id) => ({ id, name, color: [id + 1, 0, 0] as const }));
    const recording = { model: { classes }, size: { width: 4, height: 4 } } as unknown as Recording;
    await cvatArchive(recording, { classes: new Set(chosen) }).assemble([], folder, new AbortController().signal);
    return (await storedFiles(join(folder, 'cvat.zip'))).get('labelmap.txt')?.toString();
  } finally {
    await rm(folder, { recursive: true });
  }
}

it('class names that the label map has other uses for are changed, each to one of its own, and that is said', async () => {
  const names = ['lane: left', '# of people', 'lane- left', ' spaced  out ', '#', 'a\nb'];
  expect(await labelMapOf(names, [0, 1, 2, 3, 4, 5])).toBe(
    [
      '# label:color_rgb:parts:actions',
      '# "lane- left" is "lane: left" of the network',
      '# "of people" is "# of people" of the network',
      '# "lane- left 2" is "lane- left" of the network',
      '# "spaced out" is " spaced  out " of the network',
      '# "class" is "#" of the network',
      '# "a b" is "a\\nb" of the network',
      ...['background:0,0,0::', 'lane- left:1,0,0::', 'of people:2,0,0::', 'lane- left 2:3,0,0::'],
      ...['spaced out:4,0,0::', 'class:5,0,0::', 'a b:6,0,0::', ''],
    ].join('\n'),
  );
});

it('a class that is called background is the background', async () => {
  expect(await labelMapOf(['Background', 'car'], [0, 1])).toBe(
    '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncar:2,0,0::\n',
  );
});

it('a mask that can not be read fails the archive, not the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'maskcast-cvat-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'cvat', 'frame_000000.png'), { recursive: true });
  const recording = { model: { classes: [] }, size: { width: 4, height: 4 } } as unknown as Recording;
  const segments = [{ folder }] as unknown as readonly Segment[];
  const assembling = cvatArchive(recording, { classes: new Set() }).assemble(
    segments,
    folder,
    new AbortController().signal,
  );
  await expect(assembling).rejects.toThrow(/not a file/);
});
