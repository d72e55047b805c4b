import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerProcess } from '../../../src/cli/process/process.js';
import type { TableRow } from '../../../src/record/table/row.js';
import { runCommand } from '../../support/commands.js';
import { ffmpeg, QUICK_H264, testPicture } from '../../support/media/made.js';
import { frameSeconds, loudSeconds } from '../../support/media/media.js';
import { writeColorModel } from '../../support/test-models.js';

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

describe('a transport stream that is cut', { timeout: 60_000 }, () => {
  it('begins at --from, wherever the next key frame is', async () => {
    await ffmpeg(...testPicture(10, 5), ...QUICK_H264, '-g', '30', '-f', 'mpegts', at('sparse.ts'));
    const result = await process(at('sparse.ts'), '--output', 'overlay', '--from', '4', '--to', '4.5');
    await expectTimes(join(result, 'overlay.mp4'), [0, 0.1, 0.2, 0.3, 0.4]);
  });
});

describe('a clock that does not rise', { timeout: 90_000 }, () => {
  it('goes on in videos and names, and is told as it was in the table', async () => {
    const encoding = [...QUICK_H264, '-g', '10', '-f', 'mpegts'];
    await ffmpeg(...testPicture(10, 1), ...encoding, '-output_ts_offset', 3600, at('late.ts'));
    await ffmpeg(...testPicture(10, 1), ...encoding, at('early.ts'));
    await writeFile(at('joined.ts'), [await readFile(at('late.ts')), await readFile(at('early.ts'))]);
    const result = await process(at('joined.ts'), '--output', 'overlay,masks,table,summary', '--segment', '7');
    const expected = Array.from({ length: 20 }, (_, index) => 3601.4 + index / 10);
    await expectTimes(join(result, 'overlay.mp4'), expected);
    const rows = (await readFile(join(result, 'table.jsonl'), 'utf8')).trim().split('\n');
    const table = rows.map((row) => JSON.parse(row) as TableRow);
    const own = [...expected.slice(0, 10), ...Array.from({ length: 10 }, (_, index) => 1.4 + index / 10)];
    for (const [index, { seconds, rising }] of table.entries()) {
      expect(seconds).toBeCloseTo(own[index] as number, 4);
      expect(rising?.seconds ?? seconds).toBeCloseTo(expected[index] as number, 4);
    }
    expect(await readFile(join(result, 'table.csv'), 'utf8')).toMatch(
      /^frame,pts,.*confidence,rising_pts,rising_seconds,/,
    );
    expect(await readdir(join(result, 'masks'))).toHaveLength(20);
    expect(await readFile(join(result, 'summary.html'), 'utf8')).toContain('jumps back once');
  });

  it('takes the sound along, each part with its pictures', async () => {
    // A part is a second long; its sound is a beep half-way, and lasts a little longer than its pictures.
    const beep = ['-f', 'lavfi', '-i', "aevalsrc='sin(2000*PI*t)*between(t,0.5,0.6)':s=48000:d=1.04"];
    const part = async (name: string, ...offset: (string | number)[]) => {
      const encoding = [...QUICK_H264, '-g', '10', '-c:a', 'mp2', '-f', 'mpegts'];
      await ffmpeg(...testPicture(10, 1), ...beep, ...encoding, ...offset, at(name));
      return readFile(at(name));
    };
    const parts = [await part('noon.ts', '-output_ts_offset', 3600), await part('dawn.ts'), await part('dawn.ts')];
    await writeFile(at('tape.ts'), parts);
    const result = await process(at('tape.ts'), '--output', 'overlay', '--segment', '10');
    const pictures = await frameSeconds(join(result, 'overlay.mp4'));
    const beeps = await loudSeconds(join(result, 'overlay.mp4'));
    expect(beeps).toHaveLength(4);
    for (const [index, time] of beeps.slice(0, 3).entries()) {
      expect(Math.abs(time - ((pictures[10 * index] as number) + 0.5))).toBeLessThan(0.04);
    }
  });

  it('gives each of two frames of one time a place of its own', async () => {
    const doubled = "setpts='if(eq(mod(N,5),3),N-1,N)/10/TB'";
    const exact = ['-vf', doubled, '-fps_mode', 'passthrough', '-enc_time_base', '1:1000'];
    await ffmpeg(...testPicture(10, 1), ...exact, ...QUICK_H264, at('equal.mkv'));
    const result = await process(at('equal.mkv'), '--output', 'overlay', '--segment', '3');
    const own = await frameSeconds(at('equal.mkv'));
    expect(new Set(own).size).toBeLessThan(own.length);
    const expected: number[] = [];
    for (const time of own) expected.push(Math.max(time, (expected.at(-1) ?? -1) + 0.001));
    await expectTimes(join(result, 'overlay.mp4'), expected);
  });
});

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
