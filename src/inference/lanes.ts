import { FairQueue } from './fair-queue.js';

/** While others wait, one run in so many is the background's: it goes on, however busy the streams are. */
const PATIENCE = 16;

/**
 * Two fair queues, one before the other.
 *
 * In: items under a key, some of them in the background. Out: one item at a time. Always holds: an item in the background is
 * taken when no other waits, or when PATIENCE others have gone before it.
 */
export class Lanes<Item> {
  readonly front = new FairQueue<Item>();
  private readonly background = new FairQueue<Item>();
  private passed = 0;

  get size(): number {
    return this.front.size + this.background.size;
  }

  sizeOf(key: string): number {
    return this.front.sizeOf(key) + this.background.sizeOf(key);
  }

  /** @param gain see FairQueue */
  push(key: string, item: Item, { background, gain }: { readonly background: boolean; readonly gain: number }): void {
    (background ? this.background : this.front).push(key, item, gain);
  }

  /** See FairQueue.replace. Only what is shown at once can be replaced: nothing in the background is. */
  replace(key: string, item: Item, gain: number): readonly Item[] {
    return this.front.replace(key, item, gain);
  }

  shift(): Item | undefined {
    const waits = this.background.size > 0;
    if (this.front.size === 0 || (waits && this.passed >= PATIENCE)) {
      this.passed = 0;
      return this.background.shift();
    }
    if (waits) this.passed += 1;
    return this.front.shift();
  }

  /** Takes everything out, in no particular order. */
  drain(): readonly Item[] {
    return [...this.front.drain(), ...this.background.drain()];
  }
}
