import { performance } from 'node:perf_hooks';
import { Presets, SingleBar } from 'cli-progress';
import type { ErrorRecord } from '../core/errors.js';
import type { ProcessProgress, ProcessReport } from '../pipeline/process-file.js';
import type { Terminal } from './context.js';

/** Tells how far the work is: a bar on a terminal, plain lines elsewhere, one JSON object a line where asked for. */
export interface Narrator {
  begin(input: string): void;
  readonly progress: (progress: ProcessProgress) => void;
  /** @param report absent where nothing was left to do */
  done(target: string, report: ProcessReport | undefined): void;
  failed(error: ErrorRecord): void;
  /** Idempotent; removes the bar. */
  close(): void;
}

/** Milliseconds between two plain or JSON lines. */
const LINE_INTERVAL = 5000;

export function narrator(terminal: Terminal, json: boolean): Narrator {
  return new Telling(terminal, json);
}

class Telling implements Narrator {
  private input = '';
  private started = 0;
  private lastLine = 0;
  private bar: SingleBar | undefined;
  private startPosition: number | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly json: boolean,
  ) {}

  begin(input: string): void {
    this.input = input;
    this.started = performance.now();
    this.lastLine = this.started;
    this.startPosition = undefined;
    if (this.json) this.event('started', {});
    else this.say(`${input}\n`);
  }

  readonly progress = (progress: ProcessProgress): void => {
    const now = performance.now();
    const { frames, resumed, expected, position } = progress;
    this.startPosition ??= position;
    const elapsed = Math.max(now - this.started, 1) / 1000;
    const fps = (frames - resumed) / elapsed;
    const speed = (position - this.startPosition) / elapsed;
    const left = expected === undefined ? undefined : Math.max(0, expected - frames) / fps;
    if (!this.json && this.terminal.stderr.isTTY) {
      this.showBar(frames, expected, fps, speed);
      return;
    }
    if (now - this.lastLine < LINE_INTERVAL) return;
    this.lastLine = now;
    if (this.json) {
      this.event('progress', {
        frames,
        expected,
        fps: round(fps),
        speed: round(speed),
        secondsLeft: left && round(left),
      });
      return;
    }
    const of = expected === undefined ? '' : ` of ${expected}`;
    const eta = left === undefined ? '' : `, ${Math.round(left)} s left`;
    this.say(`  ${frames}${of} frames, ${fps.toFixed(1)} frames/s, ${speed.toFixed(2)} × real time${eta}\n`);
  };

  done(target: string, report: ProcessReport | undefined): void {
    this.close();
    if (this.json) {
      this.event('done', { target, ...(report ?? { alreadyDone: true }) });
      return;
    }
    if (!report) {
      this.say(`  done before: ${target}\n`);
      return;
    }
    for (const { frame, text } of report.warnings) this.say(`  warning after frame ${frame}: ${text}\n`);
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    this.say(`  ${report.frames} frames in ${seconds} s → ${target}\n`);
  }

  failed(error: ErrorRecord): void {
    this.close();
    if (this.json) this.event('failed', { error });
    else this.say(`  failed: ${error.message} [${error.code}]\n`);
  }

  close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private showBar(frames: number, expected: number | undefined, fps: number, speed: number): void {
    const facts = { rate: fps.toFixed(1), speed: speed.toFixed(2) };
    if (!this.bar) {
      const format = '  {bar} {value}/{total} frames · {rate} frames/s · {speed} × · {eta_formatted} left';
      const stream = this.terminal.stderr as NodeJS.WriteStream;
      this.bar = new SingleBar({ format, stream, clearOnComplete: true, hideCursor: true }, Presets.shades_grey);
      this.bar.start(expected ?? frames, 0, facts);
    }
    if (expected === undefined || frames > expected) this.bar.setTotal(frames);
    this.bar.update(frames, facts);
  }

  private event(event: string, facts: object): void {
    this.terminal.stdout.write(`${JSON.stringify({ event, input: this.input, ...facts })}\n`);
  }

  private say(text: string): void {
    this.terminal.stderr.write(text);
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
