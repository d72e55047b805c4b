import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Size } from '../../src/core/geometry.js';
import type { ModelFiles } from '../../src/inference/manifest.js';
import { allocateInput, inputShape } from '../../src/inference/preprocess.js';
import { thisMachine } from './machine.js';
import type { Timings } from './results.js';

/**
 * In: networks and the size of their input. Out: ms a picture and memory. Always holds: the networks take turns, so that whatever
 * else the machine does falls on all alike, in another order each round, since a run suffers from the one before it (caches, where the
 * system put its threads); figures are medians, ratios are medians of the ratios within a round.
 */

export interface TimingOptions {
  /** Ratios are to the first. */
  readonly models: readonly ModelFiles[];
  readonly plane: Size;
  readonly rounds: number;
  readonly onProgress?: (done: number, total: number) => void;
}

const THREADS = [1, 2] as const;
const WARM_UP = 2;

export async function measure({ models, plane, rounds, onProgress }: TimingOptions): Promise<Timings> {
  const load = loadavg()[0] as number;
  const runs: Timings['runs'] = [];
  for (const [index, threads] of THREADS.entries()) {
    const times = await takeTurns(models, plane, threads, rounds, (done) =>
      onProgress?.(index * rounds + done, THREADS.length * rounds),
    );
    const reference = times[0] as readonly number[];
    models.forEach(({ manifest: { sha256 } }, at) => {
      const own = times[at] as readonly number[];
      runs.push({
        sha256,
        threads,
        median: round(median(own)),
        ratio: round(median(own.map((time, turn) => (reference[turn] as number) / time))),
      });
    });
  }
  const memory: Record<string, number> = {};
  for (const model of models) memory[model.manifest.sha256] = await peakMemory(model, plane);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    load: round(load),
    rounds,
    reference: models[0]?.manifest.name ?? '',
    runs,
    memory,
    memoryWithoutModel: await peakMemory(),
  };
}

/** Times of each model's runs, in ms, one a round. */
async function takeTurns(
  models: readonly ModelFiles[],
  plane: Size,
  threads: number,
  rounds: number,
  onRound: (done: number) => void,
): Promise<readonly (readonly number[])[]> {
  const players = await Promise.all(models.map((model) => prepare(model, plane, threads)));
  const times = players.map((): number[] => []);
  for (let turn = -WARM_UP; turn < rounds; turn += 1) {
    for (const at of orderOf(turn + WARM_UP, players.length)) {
      const { session, feeds } = players[at] as Player;
      const begin = performance.now();
      await session.run(feeds);
      if (turn >= 0) times[at]?.push(performance.now() - begin);
    }
    if (turn >= 0) onRound(turn + 1);
  }
  for (const { session } of players) await session.release();
  return times;
}

/** All of 0 … count − 1, in steps that differ from round to round: each is preceded by others. */
function orderOf(turn: number, count: number): readonly number[] {
  const steps = Array.from({ length: count }, (_, step) => step + 1).filter(
    (step) => greatestCommonDivisor(step, count) === 1,
  );
  const step = steps[turn % steps.length] as number;
  return Array.from({ length: count }, (_, i) => (turn + i * step) % count);
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

type Player = Awaited<ReturnType<typeof prepare>>;

async function prepare({ manifest: { input }, modelPath }: ModelFiles, plane: Size, threads: number) {
  // The settings that serve: see src/inference/session-worker.ts.
  const session = await InferenceSession.create(modelPath, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const pixels = allocateInput(input, plane);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (at * 31) & 255;
  return { session, feeds: { [input.tensor]: new Tensor(input.type, pixels, inputShape(input, plane)) } };
}

const FOOTPRINT = fileURLToPath(new URL('./footprint.mjs', import.meta.url));

/** MiB; of a process without a network where there is none. */
async function peakMemory(model?: ModelFiles, plane?: Size): Promise<number> {
  const input = model?.manifest.input;
  const args =
    model && input && plane ? [model.modelPath, input.tensor, input.type, inputShape(input, plane).join(',')] : [];
  const { stdout } = await promisify(execFile)(process.execPath, [FOOTPRINT, ...args]);
  return Number(stdout);
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
