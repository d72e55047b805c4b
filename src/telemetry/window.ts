import type { Clock } from '../core/clock.js';
import { type Milliseconds, ms } from '../core/time.js';

/** Numbers of the last `span`, for rates and percentiles that people look at. Holds at most `limit` values. */
export class SlidingWindow {
  private readonly entries: { readonly at: number; readonly value: number }[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly span: Milliseconds = ms(5000),
    private readonly limit = 1000,
  ) {}

  add(value = 1): void {
    this.entries.push({ at: this.clock.now(), value });
    if (this.entries.length > this.limit) this.entries.shift();
  }

  /** Values a second over the span; a window younger than the span counts its own age. */
  rate(): number {
    this.expire();
    const first = this.entries[0];
    if (!first || this.entries.length < 2) return 0;
    const age = (this.entries.at(-1)?.at ?? first.at) - first.at;
    return age > 0 ? ((this.entries.length - 1) * 1000) / Math.max(age, 1) : 0;
  }

  /** Nearest-rank percentile, `p` in (0, 1]; 0 when empty. */
  percentile(p: number): Milliseconds {
    this.expire();
    const sorted = this.entries.map((entry) => entry.value).sort((a, b) => a - b);
    return ms(sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? 0);
  }

  private expire(): void {
    const oldest = this.clock.now() - this.span;
    const keep = this.entries.findIndex((entry) => entry.at >= oldest);
    this.entries.splice(0, keep === -1 ? this.entries.length : keep);
  }
}
