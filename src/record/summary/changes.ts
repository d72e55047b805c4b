/** What changes most in a recording: pure decisions of the summary. */

/** One frame, as far as the summary is interested. */
export interface ShareRow {
  readonly frame: number;
  /** From the beginning of the file, as a player counts. */
  readonly seconds: number;
  readonly inferred: boolean;
  /** Mean probability of the labels, 0–1. */
  readonly confidence: number;
  /** Of the picture, 0–1; in the order of the shown classes. */
  readonly shares: readonly number[];
}

export interface Change {
  readonly frame: number;
  readonly seconds: number;
  /** Share of the picture that went to another class: 1 where everything did. */
  readonly amount: number;
  /** By which each shown class grew, −1 to 1. */
  readonly growth: readonly number[];
}

/** A change is measured against the frame this long before, or the last one where frames are rarer. */
export const CHANGE_SECONDS = 1;
/** Two shown changes lie at least this far apart. */
const APART_SECONDS = 2;
/** What is less is noise of the network's edges. */
const LEAST_AMOUNT = 0.002;

/** Compares each frame of a run with an earlier one. */
export class ChangeMeter {
  private readonly recent: ShareRow[] = [];

  /** Rows come in order. */
  add(row: ShareRow): Change {
    const { recent } = this;
    recent.push(row);
    while (recent.length > 2 && (recent[0] as ShareRow).seconds < row.seconds - CHANGE_SECONDS) recent.shift();
    const before = recent[0] as ShareRow;
    const growth = row.shares.map((share, index) => share - (before.shares[index] ?? 0));
    // What is not shown counts as one more class.
    const rest = growth.reduce((sum, value) => sum + value, 0);
    const amount = growth.reduce((sum, value) => sum + Math.abs(value), Math.abs(rest)) / 2;
    return { frame: row.frame, seconds: row.seconds, amount, growth };
  }
}

/** At most `count`, each the strongest of its neighbourhood, strongest first. Of equal ones the earlier. */
export function strongest<T extends Change>(changes: readonly T[], count: number): T[] {
  const chosen: T[] = [];
  const ranked = changes.filter(({ amount }) => amount >= LEAST_AMOUNT);
  ranked.sort((a, b) => b.amount - a.amount || a.seconds - b.seconds);
  for (const candidate of ranked) {
    if (chosen.every(({ seconds }) => Math.abs(seconds - candidate.seconds) >= APART_SECONDS)) chosen.push(candidate);
    if (chosen.length === count) break;
  }
  return chosen;
}

/** Brings any number of rows to at most `points` means of neighbours, a frame's number and time being those of the first. */
export class Thinned {
  readonly rows: ShareRow[] = [];
  private pending: ShareRow[] = [];

  /** @param total rows that will come */
  constructor(
    total: number,
    points: number,
    private readonly each = Math.max(1, Math.ceil(total / points)),
  ) {}

  add(row: ShareRow): void {
    this.pending.push(row);
    if (this.pending.length === this.each) this.finish();
  }

  /** After the last row. Idempotent. */
  finish(): void {
    const [first] = this.pending;
    if (!first) return;
    const { pending } = this;
    const mean = (value: (row: ShareRow) => number) =>
      pending.reduce((sum, row) => sum + value(row), 0) / pending.length;
    this.rows.push({
      ...first,
      confidence: mean(({ confidence }) => confidence),
      shares: first.shares.map((_, index) => mean(({ shares }) => shares[index] ?? 0)),
    });
    this.pending = [];
  }
}
