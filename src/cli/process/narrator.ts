import { performance } from 'node:perf_hooks';
import { Presets, SingleBar } from 'cli-progress';
import { type MaskcastError, toErrorRecord } from '../../core/errors.js';
import type { ProcessProgress, ProcessReport } from '../../recorded/process-job.js';
import type { Terminal } from '../context.js';
import { toldWithRemedies } from '../remedies.js';
import { type PlannedInput, shownName, totalSeconds } from './plan.js';
import { clockTime, Rate } from './rate.js';

/** Tells how far the work is: a bar on a terminal, plain lines elsewhere, one JSON object a line where asked for. */
export interface Narrator {
  plan(inputs: readonly PlannedInput[], out: string): void;
  begin(input: PlannedInput): void;
  readonly progress: (progress: ProcessProgress) => void;
  /** @param report absent where nothing was left to do */
  done(report: ProcessReport | undefined): void;
  failed(error: MaskcastError): void;
  /** What became of every input. */
  summary(): void;
  /** Idempotent; removes the bar. */
  close(): void;
}

/** Milliseconds between two plain or JSON lines. */
const LINE_INTERVAL = 5000;
/** Inputs that the plan lists; the others are counted. */
const LISTED = 12;

export function narrator(terminal: Terminal, json: boolean): Narrator {
  return new Telling(terminal, json);
}

interface Fate {
  readonly words: string;
  readonly kind: 'done' | 'stopped' | 'failed';
  readonly frames: number | undefined;
  readonly seconds: number | undefined;
}

class Telling implements Narrator {
  private inputs: readonly PlannedInput[] = [];
  private input: PlannedInput | undefined;
  private readonly fates = new Map<PlannedInput, Fate>();
  private started = 0;
  private lastLine = 0;
  private rate = new Rate();
  private bar: SingleBar | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly json: boolean,
  ) {}

  plan(inputs: readonly PlannedInput[], out: string): void {
    this.inputs = inputs;
    const seconds = totalSeconds(inputs);
    if (this.json) {
      this.line({
        event: 'plan',
        seconds: round(seconds),
        inputs: inputs.map(({ source, target, facts, failure }) => ({
          ...{ input: source.path, target },
          ...(failure
            ? { error: toErrorRecord(failure) }
            : { seconds: facts?.info.duration, frames: facts?.info.frames }),
        })),
      });
      return;
    }
    const count = inputs.length === 1 ? '1 input' : `${inputs.length} inputs`;
    this.say(`${count}, ${clockTime(seconds)} of video → ${out}\n`);
    const width = Math.max(...inputs.slice(0, LISTED).map(({ source }) => shownName(source).length));
    for (const input of inputs.slice(0, LISTED))
      this.say(`  ${shownName(input.source).padEnd(width)}  ${inWords(input)}\n`);
    if (inputs.length > LISTED) this.say(`  and ${inputs.length - LISTED} more\n`);
  }

  begin(input: PlannedInput): void {
    this.input = input;
    this.started = performance.now();
    this.lastLine = this.started;
    this.rate = new Rate();
    if (this.json) this.event('started', {});
    else if (this.inputs.length > 1) {
      this.say(`[${this.inputs.indexOf(input) + 1}/${this.inputs.length}] ${shownName(input.source)}\n`);
    }
  }

  readonly progress = (progress: ProcessProgress): void => {
    const now = performance.now();
    const { frames, expected, position } = progress;
    this.rate.add(now, frames, position);
    const rate = this.rate.get();
    const left = rate && expected !== undefined ? Math.max(0, expected - frames) / rate.fps : undefined;
    if (!this.json && this.terminal.stderr.isTTY) {
      this.showBar(frames, expected, rate, left);
      return;
    }
    if (now - this.lastLine < LINE_INTERVAL || !rate) return;
    this.lastLine = now;
    if (this.json) {
      const { fps, speed } = rate;
      const eta = left === undefined ? {} : { secondsLeft: round(left) };
      this.event('progress', { frames, expected, fps: round(fps), speed: round(speed), ...eta });
      return;
    }
    const of = expected === undefined ? '' : ` of ${Math.max(expected, frames)}`;
    this.say(`  ${frames}${of} frames, ${words(rate, left)}\n`);
  };

  done(report: ProcessReport | undefined): void {
    this.close();
    const { input } = this;
    const target = input?.target ?? '';
    if (!report) this.settle({ words: 'done before', kind: 'done', frames: undefined, seconds: undefined });
    else {
      const seconds = (performance.now() - this.started) / 1000;
      this.settle({ words: damageOf(report) ?? 'done', kind: 'done', frames: report.frames, seconds });
    }
    if (this.json) {
      this.event('done', { target, ...(report ?? { alreadyDone: true }) });
      return;
    }
    if (!report) {
      this.say(`  done before: ${target}\n`);
      return;
    }
    for (const { frame, text } of report.warnings) this.say(`  warning after frame ${frame}: ${text}\n`);
    const silent = report.corrupt - report.warnings.length;
    if (silent > 0) this.say(`  and ${silent} more complaints about damaged data\n`);
    if (report.lost > 0) this.say(`  ${report.lost} damaged or incomplete packets gave no frame\n`);
    const before = report.resumed > 0 ? `, ${report.resumed} of them in an earlier run` : '';
    const seconds = (performance.now() - this.started) / 1000;
    this.say(`  ${report.frames} frames in ${clockTime(seconds)}${before} → ${target}\n`);
  }

  failed(error: MaskcastError): void {
    this.close();
    const stopped = error.code === 'CLOSED';
    const message = toldWithRemedies(error);
    const text = stopped ? message : `failed: ${message} [${error.code}]`;
    this.settle({ words: text, kind: stopped ? 'stopped' : 'failed', frames: undefined, seconds: undefined });
    if (this.json) this.event('failed', { error: { ...toErrorRecord(error), message, remedies: error.remedies } });
    // The reason of a single input is what the command ends with.
    else if (this.inputs.length > 1) this.say(`  ${text}\n`);
  }

  summary(): void {
    const { inputs, fates } = this;
    const count = (kind: Fate['kind']) => [...fates.values()].filter((fate) => fate.kind === kind).length;
    const notStarted = inputs.length - fates.size;
    const totals = { done: count('done'), failed: count('failed'), stopped: count('stopped'), notStarted };
    if (this.json) {
      this.line({ event: 'summary', ...totals });
      return;
    }
    if (inputs.length < 2) return;
    const rows = inputs.map((input) => {
      const fate = fates.get(input);
      const frames = fate?.frames === undefined ? '–' : String(fate.frames);
      const time = fate?.seconds === undefined ? '–' : clockTime(fate.seconds);
      return [shownName(input.source), frames, time, fate?.words ?? 'not started'] as const;
    });
    const all = [['input', 'frames', 'time', 'result'] as const, ...rows];
    const [first, second, third] = [0, 1, 2].map((column) => Math.max(...all.map((row) => String(row[column]).length)));
    this.say('\n');
    for (const [name, frames, time, result] of all) {
      this.say(
        `${name.padEnd(first ?? 0)}  ${frames.padStart(second ?? 0)}  ${time.padStart(third ?? 0)}  ${result}\n`,
      );
    }
  }

  close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private settle(fate: Fate): void {
    if (this.input) this.fates.set(this.input, fate);
  }

  private showBar(
    frames: number,
    expected: number | undefined,
    rate: Pace | undefined,
    left: number | undefined,
  ): void {
    const pace = rate ? words(rate, left) : 'starting';
    if (!this.bar) {
      const format =
        expected === undefined ? '  {value} frames · {pace}' : '  {bar} {percentage} % · {value}/{total} · {pace}';
      const stream = this.terminal.stderr as NodeJS.WriteStream;
      const options = { format, stream, barsize: 24, clearOnComplete: true, hideCursor: true };
      this.bar = new SingleBar(options, Presets.shades_grey);
      this.bar.start(expected ?? frames, 0, { pace });
    }
    if (expected === undefined || frames > expected) this.bar.setTotal(frames);
    this.bar.update(frames, { pace });
  }

  private event(event: string, more: object): void {
    this.line({ event, input: this.input?.source.path, ...more });
  }

  private line(facts: object): void {
    this.terminal.stdout.write(`${JSON.stringify(facts)}\n`);
  }

  private say(text: string): void {
    this.terminal.stderr.write(text);
  }
}

interface Pace {
  readonly fps: number;
  readonly speed: number;
}

function words({ fps, speed }: Pace, left: number | undefined): string {
  const eta = left === undefined || !Number.isFinite(left) ? '' : `, ${clockTime(left)} left`;
  return `${fps.toFixed(1)} frames/s, ${speed.toFixed(2)} × real time${eta}`;
}

function inWords({ source, facts, failure }: PlannedInput): string {
  if (!facts) return `cannot be read [${failure?.code}]`;
  const { info } = facts;
  const rate = info.fps === undefined ? '' : `${Number(info.fps.toFixed(2))} frames/s  `;
  const length = info.duration === undefined ? 'length unknown' : clockTime(info.duration);
  const images = source.images ? `  ${source.images.count} images` : '';
  return `${info.width}×${info.height}  ${info.codec}  ${rate}${length}${images}`;
}

/** In words, where not all was well. */
function damageOf({ lost, corrupt, warnings }: ProcessReport): string | undefined {
  if (corrupt > 0) return `done, damaged: ${lost} packets gave no frame, ${corrupt} complaints`;
  return warnings.length > 0 ? `done, ${warnings.length} warnings` : undefined;
}

const round = (value: number): number => Math.round(value * 100) / 100;
