import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerProcess } from '../../../src/cli/process/process.js';
import { runCommand } from '../../support/commands.js';
import { clip } from '../../support/media/clips.js';
import { digests, keptSegments, startProcess } from '../../support/process-command.js';
import { writeColorModel } from '../../support/test-models.js';

const run = promisify(execFile);

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-trouble-'));
  model = await writeColorModel(join(folder, 'colors'), { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const process_ = (...args: string[]) => runCommand(registerProcess, ['process', ...args, '-m', model]);

interface Event {
  readonly event: string;
  readonly input?: string;
  readonly error?: { readonly code: string };
  readonly [fact: string]: unknown;
}

const events = (stdout: string): Event[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{"event"'))
    .map((line) => JSON.parse(line) as Event);

describe('maskcast process', { timeout: 300_000 }, () => {
  it('tells of each bad input what is wrong with it, goes on with the others, and sums up', async () => {
    const out = join(folder, 'several');
    const bad = {
      text: 'NOT_VIDEO',
      audio_only: 'NOT_VIDEO',
      zero_bytes: 'NOT_VIDEO',
      truncated_without_index: 'CORRUPT',
      unknown_codec: 'CODEC_UNSUPPORTED',
      encrypted: 'CODEC_UNSUPPORTED',
      encrypted_cenc: 'CODEC_UNSUPPORTED',
      beyond_8k: 'SIZE_UNSUPPORTED',
    } as const;
    const paths = await Promise.all(Object.keys(bad).map((name) => clip(name as keyof typeof bad)));
    const missing = join(folder, 'nowhere.mp4');
    const { error, stdout } = await process_(
      ...paths,
      missing,
      await clip('gif'),
      '-o',
      out,
      '--output',
      'table',
      '--json',
    );
    expect(error?.message).toBe('9 of 10 inputs failed');
    const all = events(stdout);
    const failed = all.filter(({ event }) => event === 'failed').map((each) => each.error?.code);
    expect(failed).toEqual([...Object.values(bad), 'NOT_FOUND']);
    expect(all.at(-1)).toEqual({ event: 'summary', done: 1, failed: 9, stopped: 0, notStarted: 0 });
    expect(await readdir(out)).toHaveLength(1);
  });

  it('says first what it will do, and last what became of it', async () => {
    const { stderr } = await process_(
      await clip('gif'),
      await clip('text'),
      '-o',
      join(folder, 'told'),
      '--output',
      'table',
    );
    expect(stderr).toMatch(
      /^2 inputs, 0:01 of video → .*\n {2}gif-\S+ +64×48 {2}gif {2}10 frames\/s {2}0:01\n {2}text-\S+ +cannot be read \[NOT_VIDEO\]\n/,
    );
    expect(stderr).toMatch(
      /input +frames +time +result\ngif-\S+ +10 +0:\d\d +done\ntext-\S+ +– +– +failed: .*\[NOT_VIDEO\]\n$/,
    );
  });

  it.each([
    ['truncated', 5, 49],
    ['corrupted', 50, 99],
  ] as const)(
    'gives what can be decoded of a %s file, and says where and how much is damaged',
    async (name, least, most) => {
      const out = join(folder, name);
      const { error, stdout } = await process_(await clip(name), '-o', out, '--output', 'overlay,table', '--json');
      expect(error).toBeUndefined();
      const done = events(stdout).find(({ event }) => event === 'done');
      expect(done?.frames).toBeGreaterThanOrEqual(least);
      expect(done?.frames).toBeLessThanOrEqual(most);
      expect(done?.lost).toBeGreaterThan(0);
      expect(done?.warnings).toContainEqual({ frame: expect.any(Number), text: expect.any(String) });
      expect(done?.corrupt).toBeGreaterThan(0);
    },
  );

  it('reads images of different sizes and with gaps in their numbers at the rate that is asked for', async () => {
    const shots = await mkdtemp(join(folder, 'shots-'));
    const images = (size: string, first: number) => [
      ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=24:d=0.25`, '-start_number', String(first)],
      join(shots, 'shot_%04d.png'),
    ];
    await run('ffmpeg', images('160x120', 3));
    await run('ffmpeg', images('80x60', 9));
    await rm(join(shots, 'shot_0007.png'));
    const out = join(folder, 'images');
    const { error } = await process_(
      shots,
      '-o',
      out,
      '--output',
      'overlay,masks,table',
      '--input-rate',
      '24',
      '--segment',
      '5',
    );
    expect(error).toBeUndefined();
    const [name] = await readdir(out);
    expect(await readdir(join(out, name as string, 'masks'))).toHaveLength(11);
    const entries = ['-show_entries', 'stream=width,height,r_frame_rate,nb_frames', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, join(out, name as string, 'overlay.mp4')]);
    expect(stdout.trim()).toBe('160,120,24/1,11');
  });

  it('looks for results of all inputs before it works on the first', async () => {
    const out = join(folder, 'there');
    const gif = await clip('gif');
    const h264 = await clip('h264');
    expect((await process_(gif, '-o', out, '--output', 'table')).error).toBeUndefined();
    const { error, stderr } = await process_(h264, gif, '-o', out, '--output', 'table');
    expect(error).toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(stderr).toBe('');
    expect(await readdir(out)).toHaveLength(1);
  });

  it('refuses a folder that it may not write to, before any work', async () => {
    const out = join(folder, 'closed');
    await mkdir(out);
    // A file in the way stops root as well, whom no permission stops.
    await chmod(out, 0o555);
    const inTheWay = process.getuid?.() === 0 ? join(await clip('gif'), 'results') : out;
    const { error } = await process_(await clip('gif'), '-o', inTheWay);
    expect(error).toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });

  it('stops at a full disk with what to do, and goes on from there when there is space', async () => {
    const out = join(folder, 'full');
    const input = await clip('h264');
    const args = [input, '-o', out, '-m', model, '--output', 'table,mask-video', '--segment', '10', '--json'];
    // The largest size of a file is the nearest to a full disk that every system can set for one process.
    const full = startProcess(args, { shell: "trap '' XFSZ; ulimit -f 24" });
    expect((await full.ended).code).toBe(1);
    expect(full.text()).toContain('"code":"DISK_FULL"');
    expect(full.text()).toContain('go on with --resume');
    const resumed = startProcess([...args, '--resume']);
    expect((await resumed.ended).code).toBe(0);
    const whole = join(folder, 'not-full');
    await startProcess([...args.slice(0, 1), '-o', whole, ...args.slice(3)]).ended;
    expect(await digests(out)).toEqual(await digests(whole));
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'sees after the first segment that the disk will not hold the rest',
    async (context) => {
      const disk = await mkdtemp(join(folder, 'disk-'));
      const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', disk]).catch(() => undefined);
      if (!mounted) return context.skip('this system lets nobody mount');
      try {
        const { error, stdout } = await process_(
          ...[
            await clip('h264'),
            '-o',
            join(disk, 'out'),
            '--output',
            'overlay,mask-video',
            '--segment',
            '5',
            '--json',
          ],
        );
        expect(error).toMatchObject({ code: 'DISK_FULL', retryable: true });
        expect(error?.details.needed).toBeGreaterThan(error?.details.free as number);
        expect(events(stdout).at(-1)).toMatchObject({ failed: 1 });
      } finally {
        await run('umount', [disk]);
      }
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)('stops cleanly at %s, says how to go on, and does', async (signal) => {
    const out = join(folder, signal);
    const input = await clip('h264');
    const args = [input, '-o', out, '-m', model, '--output', 'overlay,table', '--segment', '10'];
    const first = startProcess(args);
    await expect.poll(() => readdir(out).catch(() => []), { timeout: 60_000 }).not.toEqual([]);
    const target = join(out, (await readdir(out))[0] as string).replace(/\.work$/, '');
    await expect.poll(() => keptSegments(target), { interval: 5, timeout: 60_000 }).not.toEqual([]);
    // As a terminal does: to the command and every ffmpeg of it.
    process.kill(-(first.child.pid as number), signal);
    expect((await first.ended).code).toBe(1);
    expect(first.text()).toMatch(/stopped with \d+ frames kept; go on with --resume \[CLOSED\]/);
    expect(await readdir(out)).toEqual([expect.stringMatching(/\.work$/)]);
    const resumed = startProcess([...args, '--resume', '--json']);
    expect((await resumed.ended).code).toBe(0);
    expect(resumed.text()).toMatch(/"resumed":[1-9]/);
  });

  it('ends at once at a second Ctrl-C', async () => {
    const out = join(folder, 'twice');
    const { child, ended } = startProcess([await clip('h264'), '-o', out, '-m', model]);
    await expect.poll(() => readdir(out).catch(() => []), { timeout: 60_000 }).not.toEqual([]);
    process.kill(-(child.pid as number), 'SIGINT');
    process.kill(-(child.pid as number), 'SIGINT');
    const { code, signal } = await ended;
    expect(code === 1 || signal === 'SIGINT').toBe(true);
  });

  it('fails, and can go on, when its ffmpeg processes are killed', async () => {
    const out = join(folder, 'children');
    const input = await clip('h264');
    const args = [input, '-o', out, '-m', model, '--output', 'overlay,table', '--segment', '10', '--json'];
    const { child, ended, text } = startProcess(args);
    const children = async () => {
      const { stdout } = await run('ps', ['-o', 'pid=,comm=', '--ppid', String(child.pid)]);
      return stdout
        .split('\n')
        .filter((line) => line.endsWith('ffmpeg'))
        .map((line) => Number.parseInt(line, 10));
    };
    await expect.poll(() => readdir(out).catch(() => []), { timeout: 60_000 }).not.toEqual([]);
    await expect.poll(async () => (await children()).length, { interval: 5, timeout: 60_000 }).toBeGreaterThan(1);
    for (const pid of await children()) process.kill(pid, 'SIGKILL');
    expect((await ended).code).toBe(1);
    expect(text()).toContain('"code":"FFMPEG_FAILED"');
    expect((await startProcess([...args, '--resume']).ended).code).toBe(0);
    const whole = join(folder, 'unharmed');
    await startProcess([input, '-o', whole, ...args.slice(3)]).ended;
    expect(await digests(out)).toEqual(await digests(whole));
  });

  it('shows a bar on a terminal', async () => {
    const out = join(folder, 'terminal');
    const command = [
      process.execPath,
      'dist/main.js',
      'process',
      await clip('h264'),
      '-o',
      out,
      '-m',
      model,
      '--output',
      'table',
    ];
    const log = join(folder, 'terminal.log');
    await run('script', ['-qefc', command.map((word) => `'${word}'`).join(' '), log]);
    const shown = await readFile(log, 'utf8');
    expect(shown).toMatch(/░|▒/);
    expect(shown).toMatch(/\d+ % · \d+\/50 · /);
    expect(shown).toMatch(/50 frames in 0:\d\d → /);
  });

  it('writes an H.265 overlay', async () => {
    const codec = 'h265';
    const out = join(folder, codec);
    const wanted = ['--output', 'overlay', '--codec', codec, '--to', '0.4', '--segment', '4'];
    const { error } = await process_(await clip('av1'), '-o', out, ...wanted);
    expect(error).toBeUndefined();
    const overlay = join(out, (await readdir(out))[0] as string, 'overlay.mp4');
    const entries = ['-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, overlay]);
    expect(stdout.trim()).toBe('hevc,10');
  });
});
