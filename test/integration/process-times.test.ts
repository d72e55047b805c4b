import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerProcess } from '../../src/cli/process/process.js';
import { runCommand } from '../support/commands.js';
import { ffmpeg, QUICK_H264, testPicture } from '../support/media/made.js';
import { frameSeconds } from '../support/media/media.js';
import { writeColorModel } from '../support/test-models.js';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-times-'));
  model = await writeColorModel(join(folder, 'colors'), { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

/** The folder of one recording's results. */
async function process(input: string, ...args: string[]): Promise<string> {
  const out = await mkdtemp(join(folder, 'out-'));
  const { error } = await runCommand(registerProcess, ['process', input, '-o', out, '-m', model, ...args]);
  expect(error).toBeUndefined();
  const [only] = await readdir(out);
  return join(out, only as string);
}

async function expectTimes(path: string, expected: readonly number[]): Promise<void> {
  const found = await frameSeconds(path);
  expect(found).toHaveLength(expected.length);
  const worst = Math.max(...expected.map((time, index) => Math.abs(time - (found[index] as number))));
  expect(worst).toBeLessThan(0.00004);
}

describe('a first frame that lies on no whole millisecond', { timeout: 60_000 }, () => {
  it.each([
    ['a.ts', '30000/1001', ['-bf', '2', '-f', 'mpegts']],
    ['a.mkv', '24000/1001', ['-bf', '2', '-output_ts_offset', '0.0125']],
  ])('has its time in overlay and matte: %s at %s', async (name, rate, encoding) => {
    await ffmpeg(...testPicture(rate, 0.5), ...QUICK_H264, ...encoding, at(name));
    const result = await process(at(name), '--output', 'overlay,matte', '--segment', '8');
    const expected = await frameSeconds(at(name));
    for (const file of ['overlay.mp4', 'matte.mov']) await expectTimes(join(result, file), expected);
  });

  it('begins a cut as much after 0 as it is after --from', async () => {
    await ffmpeg(...testPicture(30, 1), ...QUICK_H264, '-g', '5', at('b.mp4'));
    const result = await process(at('b.mp4'), '--output', 'overlay', '--from', '0.51');
    const cut = (await frameSeconds(at('b.mp4'))).filter((time) => time >= 0.51).map((time) => time - 0.51);
    await expectTimes(join(result, 'overlay.mp4'), cut);
  });
});
