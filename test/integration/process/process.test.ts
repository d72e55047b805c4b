import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { registerProcess } from '../../../src/cli/process/process.js';
import { runCommand } from '../../support/commands.js';
import { clip } from '../../support/media/clips.js';
import { frameSeconds } from '../../support/media/media.js';
import { digests, keptSegments, startProcess } from '../../support/process-command.js';
import { fileOf, ProcessResults } from '../../support/process-results.js';

const run = promisify(execFile);

const results = new ProcessResults(['--output', 'overlay,masks,table', '--segment', '10']);

/** The overlay of a result. */
const overlayOf = (result: string) => fileOf(result, 'overlay.');

interface Stream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly width?: number;
  readonly height?: number;
}

async function probeOf(path: string): Promise<{ streams: Stream[]; start: number }> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path]);
  const { streams, format } = JSON.parse(stdout) as { streams: Stream[]; format: { start_time: string } };
  return { streams, start: Number(format.start_time) };
}

/** Seconds of each decoded frame, counted from the container's beginning. */
async function frameTimes(path: string): Promise<number[]> {
  const { start } = await probeOf(path);
  return (await frameSeconds(path)).map((time) => time - start);
}

/** Hash of the packets of a stream, which is the same where it was copied untouched. */
async function packetHash(path: string, stream: string): Promise<string> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', stream, '-c', 'copy', '-f', 'md5', '-']);
  return stdout;
}

async function rows(result: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(result, 'table.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('maskcast process', { timeout: 120_000 }, () => {
  it('takes a network by its name from a folder of networks', async () => {
    const out = await mkdtemp(join(results.folder, 'named-'));
    const input = await clip('one_frame');
    const network = ['--models-dir', results.folder, '-m', 'colors'];
    const { error } = await runCommand(registerProcess, ['process', input, '-o', out, '--output', 'table', ...network]);
    expect(error).toBeUndefined();
    expect(await readdir(out)).toHaveLength(1);
  });

  it.each([
    'h264',
    'variable_rate',
    'starts_at_10s',
    'odd_size',
    'h265_10bit',
    'rotated',
    'interlaced',
    'gif',
  ] as const)('keeps the number and the times of the frames of %s', async (name) => {
    const input = await clip(name);
    const result = await results.of(name);
    const expected = await frameTimes(input);
    const found = await frameTimes(await overlayOf(result));
    expect(found).toHaveLength(expected.length);
    for (const [index, time] of expected.entries()) expect(found[index]).toBeCloseTo(time, 3);
    expect(await rows(result)).toHaveLength(expected.length);
    expect(await readdir(join(result, 'masks'))).toHaveLength(expected.length);
  });

  it('shows a turned video upright, at its own size', async () => {
    const { streams } = await probeOf(await overlayOf(await results.of('rotated', '--to', '0.5')));
    expect(streams[0]).toMatchObject({ codec_name: 'h264', width: 240, height: 320 });
  });

  it('copies audio untouched', async () => {
    const input = await clip('h264');
    const overlay = await overlayOf(await results.of('h264'));
    expect(await packetHash(overlay, '0:a')).toBe(await packetHash(input, '0:a'));
  });

  it('writes masks of the source size whose pixels are the class indices that the table counts', async () => {
    const result = await results.of('h264', '--to', '0.4');
    const [first] = await rows(result);
    const names = (await readdir(join(result, 'masks'))).sort();
    expect(names[0]).toBe('frame_000000_pts0.png');
    const png = await readFile(join(result, 'masks', names[0] as string));
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 320, height: 240 });
    let red = 0;
    for (let at = 0; at < data.length; at += info.channels) if (data[at] === 255) red += 1;
    expect(red).toBeGreaterThan(0);
    expect(first).toMatchObject({ frame: 0, pts: 0, origin: 'inferred', classes: { red: { pixels: red } } });
  });

  it('leaves out the classes that are off, and asks how sure the network is of others', async () => {
    const part = ['--to', '0.2', '--output', 'table'];
    const reds = async (...args: string[]) => {
      const [first] = await rows(await results.of('h264', ...part, ...args));
      const { classes } = first as { classes: Record<string, { pixels: number }> };
      return classes.red?.pixels;
    };
    expect(await reds()).toBeGreaterThan(0);
    expect(await reds('--class', 'red=off')).toBe(0);
    expect(await reds('--class', 'red=1')).toBeLessThan((await reds()) as number);
    const { error } = await results.run(await clip('h264'), '-o', join(results.folder, 'no-cat'), '--class', 'cat=off');
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('no class "cat"') });
  });

  it('takes the frames that a sampling and a range ask for', async () => {
    const all = await rows(await results.of('h264'));
    const every = await rows(await results.of('h264', '--every', '7'));
    expect(every.map(({ pts }) => pts)).toEqual(all.filter((_, index) => index % 7 === 0).map(({ pts }) => pts));
    const range = await rows(await results.of('h264', '--from', '0.5', '--to', '1'));
    expect(range.map(({ pts }) => pts)).toEqual(
      all.filter(({ seconds }) => Number(seconds) >= 0.5 && Number(seconds) < 1).map(({ pts }) => pts),
    );
    const rate = await rows(await results.of('h264', '--fps', '5'));
    expect(rate).toHaveLength(10);
  });

  it('gives the same bytes after SIGKILL and --resume as without', async () => {
    const input = await clip('h264');
    const args = (out: string, ...more: string[]) => [
      ...[input, '-o', out, '-m', results.model, '--output', 'overlay,masks,table', '--segment', '10'],
      ...['--policy', 'adaptive', '--json', ...more],
    ];
    const whole = join(results.folder, 'whole');
    await startProcess(args(whole)).ended;
    const killed = join(results.folder, 'killed');
    const target = join(killed, (await readdir(whole))[0] as string);
    const first = startProcess(args(killed));
    await expect.poll(() => keptSegments(target), { interval: 5, timeout: 60_000 }).not.toEqual([]);
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await keptSegments(target)).length).toBeLessThan(5);
    const resumed = startProcess(args(killed, '--resume'));
    await resumed.ended;
    expect(resumed.text()).toMatch(/"resumed":[1-9]/);
    expect(await digests(killed)).toEqual(await digests(whole));
  });

  it('replaces no results without being told to', async () => {
    const input = await clip('gif');
    const out = join(results.folder, 'existing');
    expect((await results.run(input, '-o', out)).error).toBeUndefined();
    const before = await digests(out);
    expect((await results.run(input, '-o', out, '--output', 'table')).error).toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await digests(out)).toEqual(before);
    expect((await results.run(input, '-o', out, '--output', 'table', '--force')).error).toBeUndefined();
    expect(Object.keys(await digests(out))).toHaveLength(3);
    const { stderr } = await results.run(input, '-o', out, '--output', 'table', '--resume');
    expect(stderr).toContain('done before');
  });
});
