/**
 * How far the server's wall clock is ahead of this machine's, in ms. Every message that carries the server's time arrives
 * late by the way through the network, so each gives a value that is too small by that delay; the largest of the last
 * ones is the nearest to the truth. What remains is the shortest one-way delay, which latencies therefore leave out.
 */
export class ClockOffset {
  readonly #samples: number[] = [];
  readonly #capacity: number;

  constructor(capacity = 30) {
    this.#capacity = capacity;
  }

  observe(serverNow: number, localNow: number): void {
    this.#samples.push(serverNow - localNow);
    if (this.#samples.length > this.#capacity) this.#samples.shift();
  }

  /** 0 before the first sample. */
  get value(): number {
    return this.#samples.length === 0 ? 0 : Math.max(...this.#samples);
  }

  get known(): boolean {
    return this.#samples.length > 0;
  }

  /** After a network change or a long sleep the old samples say nothing. */
  reset(): void {
    this.#samples.length = 0;
  }
}
