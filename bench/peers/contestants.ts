import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { EngineName } from '../../src/core/model.js';
import type { PipelineCost } from '../../src/recorded/benchmark.js';

/** In: what is to be measured. Out: what one turn of it costs. Each turn is a process of its own, peers and Maskcast alike. */

export interface Race {
  /** Folder of the Python packages of the peers. */
  readonly packages: string;
  readonly video: string;
  /** Name of a network in `models/`. */
  readonly model: string;
  /** The plane that Maskcast gives to the network for this video, `512x384`. */
  readonly plane: string;
  /** Of one network run; the peers decode and scale with as many. */
  readonly threads: number;
  readonly seconds: number;
}

export interface Turn {
  readonly framesPerSecond: number;
  /** CPU ms a frame of everything: decoding, network, the rest. */
  readonly cpu: number;
  /** Peak resident memory in MiB: of Maskcast without ffmpeg's process. */
  readonly memory: number;
}

export interface Contestant {
  readonly name: string;
  turn(race: Race): Promise<Turn>;
}

const run = promisify(execFile);

/** A plain loop in Python: see loop.py. */
export const peer = (name: string, engine: EngineName, draw: 'plain' | 'supervision'): Contestant => ({
  name,
  async turn({ packages, video, model, plane, threads, seconds }) {
    const args = ['--engine', engine, '--draw', draw, '--model', `models/${model}/model.onnx`, '--plane', plane];
    const { stdout } = await run(
      'python3',
      ['bench/peers/loop.py', video, ...args, '--threads', String(threads), '--seconds', String(seconds)],
      { env: { ...process.env, PYTHONPATH: packages, OMP_NUM_THREADS: String(threads) } },
    );
    const cost = JSON.parse(stdout) as { frames: number; seconds: number; cpuSeconds: number; peakMemory: number };
    return {
      framesPerSecond: cost.frames / cost.seconds,
      cpu: (cost.cpuSeconds * 1000) / cost.frames,
      memory: cost.peakMemory,
    };
  },
});

/** Maskcast as it is built, the way of a live frame up to the packed message, smoothing on. */
export const ours = (engine: EngineName, policy: string): Contestant => ({
  name: `Maskcast, ${engine}, ${policy}`,
  async turn({ video, model, threads, seconds }) {
    const { stdout } = await run(
      process.execPath,
      [
        ...['dist/main.js', 'bench', video, '--model', model, '--policy', policy, '--no-bare'],
        ...['--seconds', String(seconds), '--rounds', '1', '--json'],
      ],
      {
        env: {
          ...process.env,
          MASKCAST_INFERENCE_ENGINE: engine,
          MASKCAST_INFERENCE_THREADS: String(threads),
          MASKCAST_INFERENCE_WORKERS: '1',
        },
      },
    );
    const { rounds } = JSON.parse(stdout) as { rounds: readonly [{ pipeline: PipelineCost }] };
    const { framesPerSecond, cpuPerFrame, memory } = rounds[0].pipeline;
    const cpu = Object.values(cpuPerFrame).reduce((sum, seconds) => sum + seconds * 1000, 0);
    return { framesPerSecond, cpu, memory: memory.peak };
  },
});

/** `model name` of the machine's CPU. */
export async function cpuName(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return /^model name\s*: (.*)$/m.exec(text)?.[1] ?? process.arch;
}
