import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writing } from '../../flow/durable.js';
import type { MaskedFrame, Output, SegmentSink, SegmentStart } from '../file-output.js';
import type { Journal, SegmentEnd } from './journal.js';

/** Frames that may wait for the outputs before the source has to. */
const WAITING = 8;

/**
 * Writes one segment into all outputs at once.
 *
 * In: its frames, in order. Out: a committed segment in the journal. Always holds: what is not committed leaves no process
 * behind; whoever adds frames awaits `room` first, so that a slow encoder slows the source down and memory stays bounded.
 */
export class SegmentWriter {
  frames = 0;
  private aborted = false;
  private tail: Promise<unknown> = Promise.resolve();
  private readonly waiting: Promise<unknown>[] = [];

  private constructor(
    private readonly journal: Journal,
    private readonly folder: string,
    private readonly start: SegmentStart,
    private readonly sinks: readonly SegmentSink[],
  ) {}

  static async open(journal: Journal, outputs: readonly Output[], start: SegmentStart): Promise<SegmentWriter> {
    const folder = await journal.begin(start.firstFrame);
    const sinks: SegmentSink[] = [];
    for (const output of outputs) {
      const own = join(folder, output.name);
      await writing(own, () => mkdir(own));
      sinks.push(await output.open(own, start));
    }
    return new SegmentWriter(journal, folder, start, sinks);
  }

  /** Resolves when another frame may come. @throws why an earlier one could not be written */
  async room(): Promise<void> {
    while (this.waiting.length >= WAITING) await this.waiting.shift();
  }

  add(frame: MaskedFrame): void {
    this.frames += 1;
    this.tail = this.tail.then(() => Promise.all(this.aborted ? [] : this.sinks.map((sink) => sink.write(frame))));
    this.tail.catch(() => {});
    this.waiting.push(this.tail);
  }

  /** @param end absent where a resume can't seek to it */
  async commit(end: SegmentEnd | undefined): Promise<void> {
    try {
      await this.tail;
      await Promise.all(this.sinks.map((sink) => sink.finish()));
      const { firstFrame, firstTicks } = this.start;
      await this.journal.commit({ folder: this.folder, firstFrame, firstTicks, frames: this.frames }, end);
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  /** Idempotent. */
  async abort(): Promise<void> {
    this.aborted = true;
    const abort = () => Promise.allSettled(this.sinks.map((sink) => sink.abort()));
    await abort();
    // A frame that was on its way may have started a process meanwhile.
    await this.tail.catch(() => {});
    await abort();
  }
}
