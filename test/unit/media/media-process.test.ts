import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MediaProcess } from '../../../src/media/media-process.js';

const SCRIPT = fileURLToPath(new URL('../../support/media/out-of-descriptors.ts', import.meta.url));

describe('a process that cannot be started', () => {
  it('is a typed failure that may pass, and nothing is signalled, while no descriptor is free', async () => {
    const command = `ulimit -n 256; exec '${process.execPath}' --import tsx '${SCRIPT}' true`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command]);
    const short = 'FFMPEG_FAILED, retryable';
    expect(JSON.parse(stdout)).toEqual({
      without: { decoder: short, encoder: short, aborted: 'done', join: short, reader: short },
      later: { decoder: 'done', encoder: 'done', aborted: 'done', join: 'done', reader: 'done' },
    });
  });

  it('is a typed failure where its command line is longer than the system takes', async () => {
    const child = new MediaProcess({ program: 'true', args: ['x'.repeat(200_000)], outputs: [1] });
    await expect(child.exited).rejects.toMatchObject({ code: 'FFMPEG_FAILED' });
    await child.stop();
  });

  it('is missing where there is no such program', async () => {
    const child = new MediaProcess({ program: '/nowhere/ffmpeg', args: [], outputs: [1, 3] });
    for await (const _ of child.output(3));
    await child.kill();
    await expect(child.exited).rejects.toMatchObject({ code: 'FFMPEG_MISSING', retryable: false });
  });
});
