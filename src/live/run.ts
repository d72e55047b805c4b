import { type Clock, sleep } from '../core/clock.js';
import type { BorrowedNetwork, FrameSource, Network, Segmenter, TemporalEngine } from '../core/ports.js';
import type { Milliseconds } from '../core/time.js';

/**
 * One stretch of a stream's running, and what belongs to it: the network on loan, the source, the engine. Always holds: after `end`
 * none of them is held, in whichever state it came.
 */
export class Run {
  finished: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  private network: BorrowedNetwork | undefined;
  private source: FrameSource | undefined;
  private engine: TemporalEngine | undefined;
  private ending: Promise<void> | undefined;

  get ended(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Absent while the network is being loaded. */
  get segmenter(): Segmenter | undefined {
    return this.network?.segmenter;
  }

  /** Resolves when the network is there or the run has ended, whichever comes first. @throws why it can't be loaded */
  async borrow(network: Network): Promise<Segmenter | undefined> {
    const borrowing = network.borrow();
    await Promise.race([borrowing, this.stopped()]);
    if (this.ended) {
      borrowing.then(
        (late) => late.giveBack(),
        () => {},
      );
      return undefined;
    }
    this.network = await borrowing;
    return this.network.segmenter;
  }

  /** What the frames come from and go through; only while the run has not ended. */
  open(source: FrameSource, engine: TemporalEngine): void {
    this.source = source;
    this.engine = engine;
  }

  configure(settings: Parameters<TemporalEngine['configure']>[0]): void {
    this.engine?.configure(settings);
  }

  pause(clock: Clock, delay: Milliseconds): Promise<void> {
    return sleep(clock, delay, this.stopping.signal);
  }

  /** Idempotent; resolves when everything is closed. */
  end(): Promise<void> {
    this.ending ??= this.letGo();
    return this.ending;
  }

  private async letGo(): Promise<void> {
    this.stopping.abort();
    try {
      await this.source?.close();
      await this.finished;
      await this.engine?.close();
    } finally {
      this.network?.giveBack();
    }
  }

  private stopped(): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
