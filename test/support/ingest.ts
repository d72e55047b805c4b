import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { systemClock } from '../../src/core/clock.js';
import type { Frame } from '../../src/core/frame.js';
import type { FrameSource } from '../../src/core/ports.js';
import type { StreamState, StreamStatus } from '../../src/core/stream.js';
import { ms } from '../../src/core/time.js';
import type { LiveOptions, RecordedOptions } from '../../src/ingest/options.js';
import { silentLogger } from '../../src/telemetry/logger.js';

const shared = {
  ffmpegPath: 'ffmpeg',
  ffprobePath: 'ffprobe',
  clock: systemClock,
  logger: silentLogger,
  geometryFor: () => ({ analysis: { width: 64, height: 64 }, content: { width: 64, height: 48 } }),
  pictures: true,
  pictureLongestSide: 320,
  pictureQuality: 5,
  connectTimeout: ms(10_000),
} as const;

export const recorded = (change: Partial<RecordedOptions> = {}): RecordedOptions => ({
  ...shared,
  delivery: 'lossless',
  ...change,
});

/** Impatient, so that tests of trouble are short. */
export const live = (change: Partial<LiveOptions> = {}): LiveOptions => ({
  ...shared,
  delivery: 'latest',
  stallTimeout: ms(1000),
  retry: { initial: ms(200), cap: ms(500), auth: ms(1000), random: () => 0 },
  ...change,
});

/** Consumes a source and lets a test wait for what it is after. */
export class Watcher {
  readonly numbers: number[] = [];
  readonly states: StreamState[] = [];
  newest: Frame | undefined;
  /** Red of the newest frame's first pixel, as the network sees it. */
  red = 0;
  discontinuities = 0;
  readonly ended: Promise<unknown>;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly source: FrameSource) {
    this.states.push(source.status.state);
    source.onStatus((status) => {
      if (this.states.at(-1) !== status.state) this.states.push(status.state);
      this.wake();
    });
    this.ended = this.consume().then(
      () => undefined,
      (error: unknown) => error,
    );
    void this.ended.then(() => this.wake());
  }

  /** Waits until `reached`; fails with what is there instead after `limit` ms. */
  async until(what: string, reached: (watcher: this) => boolean, limit = 10_000): Promise<void> {
    const deadline = Date.now() + limit;
    while (!reached(this)) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`${what} did not come within ${limit} ms: ${JSON.stringify(this.summary())}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, left);
        const { waiting } = this;
        function wake() {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        }
        waiting.add(wake);
      });
    }
  }

  state(state: StreamState, limit?: number): Promise<void> {
    return this.until(`state ${state}`, () => this.source.status.state === state, limit);
  }

  /** `count` more frames than now. */
  frames(count: number, limit?: number): Promise<void> {
    const target = this.numbers.length + count;
    return this.until(`${count} frames`, () => this.numbers.length >= target, limit);
  }

  get status(): StreamStatus {
    return this.source.status;
  }

  private summary() {
    return { status: this.source.status, states: this.states, frames: this.numbers.length };
  }

  private async consume(): Promise<void> {
    for await (const frame of this.source.frames()) {
      this.numbers.push(frame.number);
      if (frame.discontinuity) this.discontinuities += 1;
      this.newest = frame;
      this.red = frame.pixels.data[0] ?? 0;
      frame.pixels.release();
      this.wake();
    }
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }
}

/** Open descriptors of this process. */
export const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** Command lines of this process's children. */
export const children = (): Promise<string[]> => ps('args=');

/** Of this process's own, running now. */
export async function ffmpegPids(): Promise<number[]> {
  const lines = await ps('pid=,comm=');
  return lines.filter((line) => line.includes('ffmpeg')).map((line) => Number.parseInt(line, 10));
}

async function ps(columns: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['--ppid', String(process.pid), '-o', columns, 'ww']);
  return stdout.split('\n').filter((line) => line !== '' && !/\bps\b/.test(line));
}
