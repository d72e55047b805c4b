import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerProcess } from '../../../src/cli/process/process.js';
import { OUTPUTS } from '../../../src/record/output-kinds.js';
import { runCommand } from '../../support/commands.js';
import { clip } from '../../support/media/clips.js';
import { digests } from '../../support/process-command.js';
import { writeColorModel } from '../../support/test-models.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-cut-short-'));
  model = await writeColorModel(join(folder, 'colors'), { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run that is cut short', { timeout: 180_000 }, () => {
  it('gives the same bytes of every output after SIGKILL and --resume as without', async () => {
    const input = await clip('many_tracks');
    const args = (out: string, ...more: string[]) => [
      ...[MAIN, 'process', input, '-o', out, '-m', model, '--output', OUTPUTS.join(','), '--segment', '5', '--json'],
      ...['--legend', '--outline', '--region', 'left=0,0,0.5,0,0.5,1,0,1', ...more],
    ];
    const whole = join(folder, 'whole');
    await run(process.execPath, args(whole));
    const killed = join(folder, 'killed');
    const child = spawn(process.execPath, args(killed), { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const segments = join(killed, `${(await readdir(whole))[0]}.work`, 'segments');
    const kept = async () => (await readdir(segments).catch(() => [])).filter((name) => !name.endsWith('.part')).length;
    await expect.poll(kept, { interval: 5, timeout: 60_000 }).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await ended;
    expect(await kept()).toBeLessThan(5);
    await run(process.execPath, args(killed, '--resume'));
    const [resumed, uninterrupted] = [await digests(killed), await digests(whole)];
    expect(resumed).toEqual(uninterrupted);
    expect(Object.keys(resumed).length).toBeGreaterThan(60);
  });

  it.each([
    ['while the next one is being filled', 'true'],
    ['when the next one is full', '[ "$(ls -d */failing/*/segments/000000010.*/masks/*.png | wc -l)" = 10 ]'],
  ])('leaves no ffmpeg behind where a segment cannot be committed %s', async (_, condition) => {
    const place = await mkdtemp(join(folder, 'leak-'));
    const [pids, ffmpeg, config] = ['pids', 'ffmpeg', 'config.yaml'].map((name) => join(place, name)) as [string, string, string]; // biome-ignore format: one line
    // The first segment's encoder fails once the condition holds; all others run, and every one says who it is.
    const lines = [
      ...['#!/bin/sh', `cd "${place}/.."`, `echo $$ >>"${pids}"`, 'for last; do :; done'],
      ...[
        'case "$last" in *segments/000000000.*/overlay/video)',
        `  cat >/dev/null; until ${condition}; do sleep 0.05; done; exit 1;;`,
      ],
      ...['esac', 'exec ffmpeg "$@"'],
    ];
    await writeFile(ffmpeg, lines.join('\n'));
    await chmod(ffmpeg, 0o755);
    await writeFile(config, `ingest:\n  ffmpeg: ${ffmpeg}\n`);
    const args = [
      '-o',
      join(place, 'failing'),
      '-c',
      config,
      '-m',
      model,
      '--output',
      'overlay,alpha,masks',
      '--segment',
      '10',
    ];
    const { error } = await runCommand(registerProcess, ['process', await clip('h264'), ...args, '--to', '0.8']);
    expect(error).toMatchObject({ code: 'FFMPEG_FAILED' });
    const started = (await readFile(pids, 'utf8')).trim().split('\n').map(Number);
    expect(started.length).toBeGreaterThan(4);
    expect(started.filter(isAlive)).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
