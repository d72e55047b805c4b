/**
 * Kills `maskcast process` with SIGKILL at random moments and resumes it: the results must be the bytes of a run that was left alone.
 *
 *     npm run test:kills -- [--kills 20] [--seed N] [--seconds 8] [--model NAME] [--input FILE]
 *
 * Each kill is a run of its own, killed after a random share of the time that the last whole run took, then resumed. A run that was quicker
 * than its kill doesn't count and is done again. A seed that is printed can be given again. Exit code 1 where a byte differs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { digests } from '../test/support/process-command.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '8' },
    segment: { type: 'string', default: '10' },
    model: { type: 'string' },
    input: { type: 'string', default: 'samples/pedestrians.mp4' },
    output: { type: 'string', default: 'overlay,masks,table,coco,mask-video,summary' },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const random = mulberry32(seed);
const folder = await mkdtemp(join(tmpdir(), 'maskcast-kills-'));

const command = (out: string, ...more: string[]): ChildProcess => {
  const args = [
    values.input,
    '-o',
    out,
    '--output',
    values.output,
    '--to',
    values.seconds,
    '--segment',
    values.segment,
  ];
  const model = values.model === undefined ? [] : ['--model', values.model];
  return spawn(
    process.execPath,
    ['dist/main.js', 'process', ...args, '--policy', 'adaptive', '--json', ...model, ...more],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
};

async function toEnd(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly signal: string | null; readonly last: Record<string, unknown> }> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const done = text.split('\n').find((line) => line.startsWith('{"event":"done"'));
  return { code, signal, last: done ? (JSON.parse(done) as Record<string, unknown>) : {} };
}

try {
  console.log(`${kills} kills, seed ${seed}, the first ${values.seconds} s of ${values.input}, ${values.output}`);
  const whole = join(folder, 'whole');
  const begin = performance.now();
  const undisturbed = await toEnd(command(whole));
  if (undisturbed.code !== 0) throw new Error(`the undisturbed run ended with ${undisturbed.code}`);
  let length = performance.now() - begin;
  const expected = await digests(whole);
  console.log(
    `undisturbed: ${(length / 1000).toFixed(1)} s, ${undisturbed.last.frames} frames, ${Object.keys(expected).length} files`,
  );
  let wrong = 0;
  for (let kill = 1; kill <= kills; ) {
    const out = join(folder, `kill-${kill}`);
    const after = random() * length;
    const started = performance.now();
    const child = command(out);
    const ended = toEnd(child);
    await Promise.race([sleep(after), ended]);
    child.kill('SIGKILL');
    const { signal } = await ended;
    if (signal !== 'SIGKILL') {
      length = performance.now() - started;
      await rm(out, { recursive: true, force: true });
      continue;
    }
    const kept = await keptSegments(out);
    const { code, last } = await toEnd(command(out, '--resume'));
    const found = await digests(out);
    const differing = [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter(
      (file) => expected[file] !== found[file],
    );
    const right = code === 0 && differing.length === 0;
    if (!right) wrong += 1;
    const verdict = right ? 'equal' : `DIFFERENT (exit code ${code}): ${differing.slice(0, 5).join(', ')}`;
    const when = (after / 1000).toFixed(2).padStart(6);
    const number = String(kill).padStart(3);
    console.log(
      `${number}  killed at ${when} s, ${kept} segments kept, ${last.resumed ?? 0} frames resumed: ${verdict}`,
    );
    await rm(out, { recursive: true, force: true });
    kill += 1;
  }
  console.log(wrong === 0 ? `all ${kills} equal` : `${wrong} of ${kills} differ`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function keptSegments(out: string): Promise<number> {
  const entries = await readdir(out, { recursive: true }).catch(() => [] as string[]);
  return entries.filter((path) => /\.work[/\\]segments[/\\]\d+$/.test(path)).length;
}

/** A small generator with a seed (Tommy Ettinger's mulberry32). */
function mulberry32(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
