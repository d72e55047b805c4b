import { cpus } from 'node:os';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.js';
import { systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { EngineInfo } from '../core/model.js';
import { parsePolicy } from '../core/policy.js';
import { ms } from '../core/time.js';
import { createSegmenter } from '../inference/segmenter.js';
import { openSource } from '../ingest/open.js';
import { parseSource } from '../media/address/source.js';
import { measureNetwork, measurePipeline, type PipelineCost } from '../recorded/benchmark.js';
import { silentLogger } from '../telemetry/logger.js';
import { createTemporalWorkers } from '../temporal/remote-engine.js';
import type { CommandContext } from './context.js';
import { MODELS, SAMPLE } from './paths.js';

interface BenchFlags {
  readonly config?: string;
  readonly model?: string;
  readonly modelsDir?: string;
  readonly policy: string;
  readonly smoothing: boolean;
  readonly seconds: string;
  readonly rounds: string;
  readonly bare: boolean;
  readonly json?: true;
}

interface Round {
  /** `session.run` alone, runs a second; NaN where it wasn't asked for. */
  readonly network: number;
  readonly pipeline: PipelineCost;
  /** Network runs of the pipeline a second, as a share of `network`. */
  readonly share: number;
}

/** `maskcast bench [SOURCE]`: what the whole way of a frame costs, beside the bare network, in the same run. */
export function registerBench(program: Command, { terminal, env }: CommandContext): void {
  program
    .command('bench')
    .description('measure throughput, CPU time a frame, latency of the stages, and memory')
    .argument('[source]', 'a file; the sample clip where absent')
    .option('-c, --config <file>', 'configuration file')
    .option('-m, --model <name>', 'name or folder of a network')
    .option('--models-dir <folder>', 'where the networks are')
    .option('--policy <policy>', 'every, interval=N or adaptive', 'every')
    .option('--no-smoothing', 'without blending over time')
    .option('--seconds <number>', 'seconds of each measurement', '10')
    .option('--rounds <number>', 'times that network and pipeline are measured in turn', '3')
    .option('--no-bare', 'without the bare network beside it')
    .option('--json', 'print JSON')
    .action(async (source: string | undefined, flags: BenchFlags) => {
      const config = loadConfig({ file: flags.config, env, flags: { model: flags.model, modelsDir: flags.modelsDir } });
      const duration = ms(positive(flags.seconds, '--seconds') * 1000);
      const segmenter = await createSegmenter({
        model: config.model,
        modelsDir: config.modelsDir ?? MODELS,
        ...config.inference,
      });
      const temporal = createTemporalWorkers({ count: 1, logger: silentLogger });
      const settings = { policy: parsePolicy(flags.policy, config.temporal.maxStaleness), smoothing: flags.smoothing };
      const { connectTimeout, ffmpeg, ffprobe, pictureLongestSide, pictureQuality } = config.ingest;
      const parts = {
        segmenter,
        duration,
        openEngine: () => temporal.engine('bench', settings),
        openSource: () =>
          openSource(parseSource(source ?? SAMPLE), {
            delivery: 'lossless',
            loop: true,
            ffmpegPath: ffmpeg,
            ffprobePath: ffprobe,
            clock: systemClock,
            logger: silentLogger,
            geometryFor: (size) => segmenter.geometryFor(size),
            pictures: true,
            pictureLongestSide,
            pictureQuality,
            connectTimeout,
          }),
      };
      try {
        const rounds: Round[] = [];
        for (let round = 0; round < positive(flags.rounds, '--rounds'); round++) {
          const network = flags.bare ? await measureNetwork(parts) : Number.NaN;
          const pipeline = await measurePipeline(parts);
          rounds.push({ network, pipeline, share: pipeline.inferred / pipeline.seconds / network });
        }
        const report = {
          model: config.model,
          engine: segmenter.engine,
          policy: flags.policy,
          smoothing: flags.smoothing,
          cpu: cpus()[0]?.model,
          threads: cpus().length,
          rounds,
        };
        terminal.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : describe(report));
      } finally {
        await temporal.close();
        await segmenter.close();
      }
    });
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new MaskcastError('USAGE', `${flag} must be a number above 0; received "${text}"`);
}

function describe({
  model,
  engine,
  policy,
  smoothing,
  cpu,
  threads,
  rounds,
}: {
  model: string;
  engine: EngineInfo | undefined;
  policy: string;
  smoothing: boolean;
  cpu: string | undefined;
  threads: number;
  rounds: readonly Round[];
}): string {
  const number = (value: number, digits = 1) => (Number.isNaN(value) ? '–' : value.toFixed(digits)).padStart(8);
  const ms = (seconds: number) => number(seconds * 1000);
  const lines = rounds.map(
    ({ network, pipeline: { framesPerSecond, cpuPerFrame, eventLoopDelayP99, memory }, share }) => {
      const { decode, threads, pack, main } = cpuPerFrame;
      return [
        number(network),
        number(framesPerSecond),
        number(share, 2),
        ...[decode, threads, pack, main].map(ms),
        number(eventLoopDelayP99),
        number(memory.end, 0),
      ].join('');
    },
  );
  const { stages } = (rounds.at(-1) as Round).pipeline;
  const stageLines = Object.entries(stages).map(
    ([name, { p50, p95 }]) => `  ${name.padEnd(8)}${number(p50)}${number(p95)}`,
  );
  return [
    `${model} on ${engine?.name} ${engine?.version} (${engine?.device}, ${engine?.precision}), policy ${policy}, smoothing ${smoothing ? 'on' : 'off'}; ${threads} × ${cpu ?? 'unknown CPU'}`,
    '',
    ' network   whole          |          CPU ms a frame       |   loop  memory',
    '  runs/s     fps   share   decode threads    pack    main   p99 ms     MiB',
    ...lines,
    '',
    'threads: network and temporal engine. ms a frame, waiting included (last round):  p50     p95',
    ...stageLines,
    '',
  ].join('\n');
}
