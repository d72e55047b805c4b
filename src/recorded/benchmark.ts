import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { FrameSource, Segmenter, TemporalEngine } from '../core/ports.js';
import type { Stage } from '../core/stream.js';
import { type Milliseconds, ms } from '../core/time.js';
import { packFrame } from '../delivery/wire/pack.js';
import { runFrameLoop } from '../pipeline/frame-loop.js';
import { NO_OBSERVER, StreamMeter } from '../pipeline/statistics.js';

/** What a stretch of running cost. */
export interface PipelineCost {
  readonly frames: number;
  readonly inferred: number;
  readonly seconds: number;
  readonly framesPerSecond: number;
  /**
   * CPU seconds a frame. `decode` is ffmpeg: decoding, scaling, JPEG. `pack` and `main` are the main thread's busy time. `threads` is what
   * they leave of this process: network and temporal engine, whose threads Node can't tell apart.
   */
  readonly cpuPerFrame: Readonly<Record<'decode' | 'threads' | 'pack' | 'main', number>>;
  /** Milliseconds a frame, waiting included. */
  readonly stages: Readonly<Record<Stage, { readonly p50: number; readonly p95: number }>>;
  /** p99 of the main thread's delay in milliseconds. */
  readonly eventLoopDelayP99: number;
  /** Resident memory at the end, in MiB, and the peak of the process. */
  readonly memory: { readonly end: number; readonly peak: number };
}

export interface BenchmarkParts {
  /** Lossless and endless, with pictures. */
  readonly openSource: () => FrameSource;
  readonly segmenter: Segmenter;
  readonly openEngine: () => TemporalEngine;
  readonly duration: Milliseconds;
}

/** Runs the whole way of a frame, packing included, as fast as it goes. Every frame waits for its own result. */
export async function measurePipeline({
  openSource,
  segmenter,
  openEngine,
  duration,
}: BenchmarkParts): Promise<PipelineCost> {
  const meter = new StreamMeter('bench', systemClock, NO_OBSERVER);
  const source = openSource();
  const engine = openEngine();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let counters: Counters | undefined;
  let frames = 0;
  let inferred = 0;
  await new Promise<void>((resolve, reject) => {
    // Counted from the first frame: until then the network is compiled for this size, ffmpeg starts, buffers are made.
    let timer: NodeJS.Timeout | undefined;
    runFrameLoop({
      stream: 'bench',
      source,
      segmenter,
      engine,
      meter,
      results: () => 'own-frame',
      emit: (frame) => {
        const begin = performance.now();
        packFrame(frame, 0);
        meter.book('pack', ms(performance.now() - begin));
        if (!counters) {
          counters = new Counters();
          timer = setTimeout(() => void source.close(), duration);
          delay.enable();
          return;
        }
        frames += 1;
        if (frame.mask.origin === 'inferred') inferred += 1;
        counters.packing += performance.now() - begin;
      },
    })
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
  delay.disable();
  const spent = (counters ?? new Counters()).read();
  await source.close();
  await engine.close();
  const { stages } = meter.snapshot({ queued: 0, inFlight: 0, policy: '', smoothing: true, model: '', viewers: 0 });
  const perFrame = (seconds: number) => seconds / Math.max(frames, 1);
  const main = perFrame(Math.max(0, spent.mainBusy - spent.packing));
  const pack = perFrame(spent.packing);
  return {
    frames,
    inferred,
    seconds: spent.wall,
    framesPerSecond: frames / spent.wall,
    cpuPerFrame: {
      decode: perFrame(spent.children),
      threads: Math.max(0, perFrame(spent.cpu) - main - pack),
      pack,
      main,
    },
    stages,
    eventLoopDelayP99: delay.percentile(99) / 1e6,
    memory: { end: process.memoryUsage.rss() / 2 ** 20, peak: process.resourceUsage().maxRSS / 2 ** 10 },
  };
}

/**
 * Runs of the bare network a second: one frame again and again with nothing beside it, `session.run` alone (no conversion, no
 * messages), which is the most that this network and machine can give.
 */
export async function measureNetwork({
  openSource,
  segmenter,
  duration,
}: Omit<BenchmarkParts, 'openEngine'>): Promise<number> {
  const source = openSource();
  for await (const frame of source.frames()) {
    void source.close();
    try {
      return await repeat(segmenter, frame, duration);
    } finally {
      frame.pixels.release();
      await source.close();
    }
  }
  throw new MaskcastError('NOT_VIDEO', 'the source has no frame to measure with');
}

async function repeat(segmenter: Segmenter, frame: Frame, duration: Milliseconds): Promise<number> {
  let runs = 0;
  let milliseconds = 0;
  for (const end = performance.now() + duration; performance.now() < end; runs++) {
    const inference = await segmenter.segment('bench', frame, { newestOnly: false });
    milliseconds += inference?.runTime ?? 0;
    inference?.release();
  }
  return (runs * 1000) / milliseconds;
}

/** What this process has spent since the object was made. Seconds. */
class Counters {
  packing = 0;
  private readonly start = performance.now();
  private readonly cpu = process.cpuUsage();
  private readonly loop = performance.eventLoopUtilization();
  private readonly children = childCpuSeconds();

  read(): Readonly<Record<'wall' | 'cpu' | 'children' | 'mainBusy' | 'packing', number>> {
    const { user, system } = process.cpuUsage(this.cpu);
    return {
      wall: (performance.now() - this.start) / 1000,
      cpu: (user + system) / 1e6,
      children: childCpuSeconds() - this.children,
      mainBusy: performance.eventLoopUtilization(this.loop).active / 1000,
      packing: this.packing / 1000,
    };
  }
}

/** CPU seconds of this process's children, those that have ended included, from proc(5). 0 where there is no /proc. */
function childCpuSeconds(): number {
  const ended = ticks('self', ['cutime', 'cstime']);
  const running = (read(`/proc/self/task/${process.pid}/children`) ?? '').split(' ').filter((pid) => pid !== '');
  return (ended + running.reduce((sum, pid) => sum + ticks(pid, ['utime', 'stime']), 0)) / 100;
}

/** Places in /proc/PID/stat behind the program's name. */
const TICKS = { utime: 11, stime: 12, cutime: 13, cstime: 14 } as const;

/** In units of 10 ms; 0 for a process that is gone. */
function ticks(pid: string, names: readonly (keyof typeof TICKS)[]): number {
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ') ?? [];
  return names.reduce((sum, name) => sum + Number(fields[TICKS[name]] ?? 0), 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
