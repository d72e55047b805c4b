/** How fast bytes have gone over the last seconds. Times in ms of any clock that never runs back. */
export class UploadRate {
  readonly #span: number;
  /** Oldest first; the first is at most `span` old, or the only one. */
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  constructor(spanMs = 4_000) {
    this.#span = spanMs;
  }

  /** @param bytes sent so far */
  add(at: number, bytes: number): void {
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > this.#span) this.#samples.shift();
  }

  /** Bytes a second; undefined before two samples that lie apart. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at <= first.at) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
