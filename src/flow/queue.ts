import { MaskcastError } from '../core/errors.js';

/**
 * What a full queue does. `wait`: the producer waits, nothing is lost (recorded work). `newest`: the oldest item goes, so
 * that the consumer always gets the freshest (live work).
 */
export type OverflowPolicy<T> =
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'newest' /** Gets each replaced item, to count and release it. */;
      readonly onDrop: (item: T) => void;
    };

/**
 * In: items from one producer. Out: the same items, in order, to one consumer. Always holds: never more than `capacity`
 * items inside; every item comes out, is handed to `onDrop`, or is handed to `discard` when the queue closes.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = [];
  private readonly producers: (() => void)[] = [];
  private consumer: (() => void) | undefined;
  private ended = false;
  private failure: MaskcastError | undefined;

  constructor(
    private readonly capacity: number,
    private readonly overflow: OverflowPolicy<T>,
    /** Gets the items that nobody took when the queue was closed early. */
    private readonly discard: (item: T) => void = () => {},
  ) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new MaskcastError('INTERNAL', `queue capacity must be a whole number from 1; received ${capacity}`);
    }
  }

  get size(): number {
    return this.items.length;
  }

  /** Whether pushed items still reach the consumer. */
  get closed(): boolean {
    return this.ended;
  }

  /** Resolves when there is room for another item: awaiting it is the backpressure. After the end the item is discarded. */
  async push(item: T): Promise<void> {
    if (this.ended) return this.discard(item);
    if (this.overflow.kind === 'newest' && this.items.length === this.capacity) {
      const dropped = this.items.shift() as T;
      this.overflow.onDrop(dropped);
    }
    this.items.push(item);
    this.wakeConsumer();
    while (this.overflow.kind === 'wait' && this.items.length >= this.capacity && !this.ended) {
      await new Promise<void>((resolve) => this.producers.push(resolve));
    }
  }

  /** No more items come; those inside are still delivered. */
  end(): void {
    this.ended = true;
    this.wakeConsumer();
    this.wakeProducers();
  }

  /** The consumer gets the items inside, then the error. */
  fail(error: MaskcastError): void {
    this.failure ??= error;
    this.end();
  }

  /** Ends at once: items inside are discarded. */
  close(): void {
    for (const item of this.items.splice(0)) this.discard(item);
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      for (;;) {
        while (this.items.length > 0) {
          const item = this.items.shift() as T;
          this.wakeProducers();
          yield item;
        }
        if (this.ended) break;
        await new Promise<void>((resolve) => {
          this.consumer = resolve;
        });
      }
      if (this.failure) throw this.failure;
    } finally {
      this.close();
    }
  }

  private wakeConsumer(): void {
    this.consumer?.();
    this.consumer = undefined;
  }

  private wakeProducers(): void {
    for (const wake of this.producers.splice(0)) wake();
  }
}
