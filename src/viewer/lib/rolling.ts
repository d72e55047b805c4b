/** The newest values of a measurement, for percentiles and rates over the last moments. */

/** Nearest-rank percentile, p in 0–100; undefined for no values. `sorted` ascends. */
export function percentile(sorted: readonly number[], p: number): number | undefined {
  if (sorted.length === 0) return undefined;
  const rank = Math.max(1, Math.ceil((p / 100) * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1];
}

/** Values with the instant of each; what is older than `spanMs` is forgotten. Instants must not go back. */
export class RollingWindow {
  readonly #spanMs: number;
  #entries: { readonly at: number; readonly value: number }[] = [];

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  add(at: number, value: number): void {
    this.#entries.push({ at, value });
    this.#forget(at);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Instant of the last value. */
  get newest(): number | undefined {
    return this.#entries.at(-1)?.at;
  }

  /** 0 without values. */
  mean(now: number): number {
    this.#forget(now);
    if (this.#entries.length === 0) return 0;
    return this.#entries.reduce((sum, { value }) => sum + value, 0) / this.#entries.length;
  }

  percentiles(now: number, ...ps: readonly number[]): (number | undefined)[] {
    this.#forget(now);
    const sorted = this.#entries.map((entry) => entry.value).sort((a, b) => a - b);
    return ps.map((p) => percentile(sorted, p));
  }

  /** Events a second between the first and the last one held; 0 with fewer than two. */
  rate(now: number): number {
    this.#forget(now);
    const first = this.#entries[0];
    const last = this.#entries.at(-1);
    if (!first || !last || last.at === first.at) return 0;
    return ((this.#entries.length - 1) * 1000) / (last.at - first.at);
  }

  #forget(now: number): void {
    const oldest = now - this.#spanMs;
    let stale = 0;
    while (stale < this.#entries.length && (this.#entries[stale]?.at ?? 0) < oldest) stale++;
    if (stale > 0) this.#entries.splice(0, stale);
  }
}
