import { describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import { BoundedQueue } from '../../../src/flow/queue.js';

async function take<T>(iterator: AsyncIterator<T>): Promise<T | undefined> {
  const { value, done } = await iterator.next();
  return done ? undefined : value;
}

describe('a queue that waits', () => {
  it('holds the producer back while it is full', async () => {
    const queue = new BoundedQueue<number>(2, { kind: 'wait' });
    const events: string[] = [];
    const producing = (async () => {
      for (const item of [1, 2, 3]) {
        await queue.push(item);
        events.push(`pushed ${item}`);
      }
      queue.end();
    })();
    await Promise.resolve();
    const iterator = queue[Symbol.asyncIterator]();
    await new Promise(setImmediate);
    expect(events).toEqual(['pushed 1']);
    expect([await take(iterator), await take(iterator), await take(iterator), await take(iterator)]).toEqual([
      1,
      2,
      3,
      undefined,
    ]);
    await producing;
  });

  it('frees a waiting producer when it is closed, and discards what is inside', async () => {
    const discarded: number[] = [];
    const queue = new BoundedQueue<number>(1, { kind: 'wait' }, (item) => discarded.push(item));
    const pushed = queue.push(1);
    queue.close();
    await pushed;
    await queue.push(2);
    expect(discarded).toEqual([1, 2]);
  });

  it('delivers what is inside before its error', async () => {
    const queue = new BoundedQueue<number>(3, { kind: 'wait' });
    await queue.push(1);
    queue.fail(new MaskcastError('CORRUPT', 'broken'));
    const iterator = queue[Symbol.asyncIterator]();
    expect(await take(iterator)).toBe(1);
    await expect(iterator.next()).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

describe('a queue that keeps the newest', () => {
  it('never holds the producer and hands over what it drops', async () => {
    const dropped: number[] = [];
    const queue = new BoundedQueue<number>(1, { kind: 'newest', onDrop: (item) => dropped.push(item) });
    for (const item of [1, 2, 3]) await queue.push(item);
    queue.end();
    const taken: number[] = [];
    for await (const item of queue) taken.push(item);
    expect(taken).toEqual([3]);
    expect(dropped).toEqual([1, 2]);
  });

  it('discards what is left when the consumer leaves early', async () => {
    const discarded: number[] = [];
    const queue = new BoundedQueue<number>(2, { kind: 'newest', onDrop: () => {} }, (item) => discarded.push(item));
    await queue.push(1);
    await queue.push(2);
    for await (const _ of queue) break;
    expect(discarded).toEqual([2]);
    expect(queue.closed).toBe(true);
  });
});

it('a queue refuses a capacity below one', () => {
  expect(() => new BoundedQueue(0, { kind: 'wait' })).toThrow(/capacity must be a whole number from 1; received 0/);
});
