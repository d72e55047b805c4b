/**
 * In: items under a key (a stream), each with what serving it gains. Out: one item at a time: the key whose first item gains most, keys of equal
 * gain in turn, the items of a key in order. Always holds: a key with waiting items that others went before PATIENCE times for each
 * of them is served next, however little it gains.
 */
export class FairQueue<Item> {
  /** Insertion order is the order of turns: the key that was served goes to the end. */
  private readonly waiting = new Map<string, Waiting<Item>>();

  get size(): number {
    let total = 0;
    for (const { entries } of this.waiting.values()) total += entries.length;
    return total;
  }

  sizeOf(key: string): number {
    return this.waiting.get(key)?.entries.length ?? 0;
  }

  push(key: string, item: Item, gain = 1): void {
    const there = this.waiting.get(key);
    if (there) there.entries.push({ item, gain });
    else this.waiting.set(key, { entries: [{ item, gain }], passed: 0 });
  }

  /** Puts `item` in the place of what waits under `key`, without losing the turn; returns what it replaced. */
  replace(key: string, item: Item, gain = 1): readonly Item[] {
    const there = this.waiting.get(key);
    this.waiting.set(key, { entries: [{ item, gain }], passed: there?.passed ?? 0 });
    return there ? there.entries.map((entry) => entry.item) : [];
  }

  shift(): Item | undefined {
    const key = this.next();
    const served = key === undefined ? undefined : this.waiting.get(key);
    const entry = served?.entries.shift();
    if (key === undefined || !served || !entry) return undefined;
    for (const others of this.waiting.values()) others.passed += 1;
    this.waiting.delete(key);
    if (served.entries.length > 0) this.waiting.set(key, { ...served, passed: 0 });
    return entry.item;
  }

  /** Takes everything out, in no particular order of keys. */
  drain(): readonly Item[] {
    const items = [...this.waiting.values()].flatMap(({ entries }) => entries.map(({ item }) => item));
    this.waiting.clear();
    return items;
  }

  private next(): string | undefined {
    const patience = PATIENCE * (this.waiting.size - 1);
    let best: { readonly key: string; readonly gain: number } | undefined;
    let overdue: { readonly key: string; readonly passed: number } | undefined;
    for (const [key, { entries, passed }] of this.waiting) {
      const gain = entries[0]?.gain ?? 0;
      if (!best || gain > best.gain) best = { key, gain };
      if (passed > 0 && passed >= patience && (!overdue || passed > overdue.passed)) overdue = { key, passed };
    }
    return (overdue ?? best)?.key;
  }
}

/** Times that each of the others may go first because it gains more. */
const PATIENCE = 4;

interface Waiting<Item> {
  readonly entries: { readonly item: Item; readonly gain: number }[];
  /** Items of other keys that were served since this key waits, or since it was last served. */
  passed: number;
}
