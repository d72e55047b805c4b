import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FeedingProcess } from '../../../src/media/media-tools.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-tools-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The niceness of a program that is fed, as the program itself sees it when the first bytes have come. */
async function nicenessOf(background: boolean): Promise<number> {
  const program = join(folder, 'ffmpeg');
  const told = join(folder, 'niceness');
  await writeFile(program, `#!/bin/sh\nread line\nnice > '${told}'\n`);
  await chmod(program, 0o755);
  const process = new FeedingProcess({ ffmpeg: program, ffprobe: program, background }, [], 'result');
  await process.write(Buffer.from('frame\n'));
  await process.end();
  return Number(await readFile(told, 'utf8'));
}

describe('an encoder', () => {
  it('steps back behind live work where it works in the background, and only there', async () => {
    const usual = await nicenessOf(false);
    expect(await nicenessOf(true)).toBe(Math.max(usual, 10));
  });
});
