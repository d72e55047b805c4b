/**
 * In: items under a key (a stream). Out: one item at a time, keys in turn, the items of a key in order. Always holds: a key
 * with waiting items is served after at most one item of every other key.
 */
export class FairQueue<Item> {
  /** Insertion order is the order of turns: the key that was served goes to the end. */
  private readonly waiting = new Map<string, Item[]>();

  get size(): number {
    let total = 0;
    for (const items of this.waiting.values()) total += items.length;
    return total;
  }

  sizeOf(key: string): number {
    return this.waiting.get(key)?.length ?? 0;
  }

  push(key: string, item: Item): void {
    const items = this.waiting.get(key);
    if (items) items.push(item);
    else this.waiting.set(key, [item]);
  }

  /** Puts `item` in the place of what waits under `key`, without losing the turn; returns what it replaced. */
  replace(key: string, item: Item): readonly Item[] {
    const replaced = this.waiting.get(key) ?? [];
    this.waiting.set(key, [item]);
    return replaced;
  }

  shift(): Item | undefined {
    for (const [key, items] of this.waiting) {
      const item = items.shift() as Item;
      this.waiting.delete(key);
      if (items.length > 0) this.waiting.set(key, items);
      return item;
    }
    return undefined;
  }

  /** Takes everything out, in no particular order of keys. */
  drain(): readonly Item[] {
    const items = [...this.waiting.values()].flat();
    this.waiting.clear();
    return items;
  }
}
