import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../src/inference/fair-queue.js';

const all = (queue: FairQueue<string>): string[] => {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
};

describe('a fair queue', () => {
  it('serves keys in turn and the items of a key in order', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3']) queue.push('a', item);
    queue.push('b', 'b1');
    for (const item of ['c1', 'c2']) queue.push('c', item);
    expect(queue.size).toBe(6);
    expect(queue.sizeOf('a')).toBe(3);
    expect(all(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    expect(queue.size).toBe(0);
  });

  it('lets a newcomer in after one item of each that waits', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3']) queue.push('a', item);
    expect(queue.shift()).toBe('a1');
    queue.push('b', 'b1');
    expect(queue.shift()).toBe('a2');
    expect(queue.shift()).toBe('b1');
  });

  it('does not let a key that always has something starve the others', () => {
    const queue = new FairQueue<string>();
    const served: string[] = [];
    queue.push('slow', 'slow');
    for (let turn = 0; turn < 6; turn += 1) {
      queue.push('busy', 'busy');
      queue.push('busy', 'busy');
      served.push(queue.shift() ?? '');
    }
    expect(served.slice(0, 2).sort()).toEqual(['busy', 'slow']);
  });

  it('serves the key that gains most first, whenever it comes', () => {
    const queue = new FairQueue<string>();
    queue.push('calm', 'calm', 1.1);
    queue.push('busy', 'busy', 3);
    queue.push('new', 'new', Number.POSITIVE_INFINITY);
    expect(all(queue)).toEqual(['new', 'busy', 'calm']);
  });

  it('serves a key of little gain all the same, after four items of each other key', () => {
    const queue = new FairQueue<string>();
    const served: string[] = [];
    queue.push('calm', 'calm', 1);
    for (let turn = 0; turn < 12; turn += 1) {
      for (const key of ['left', 'right']) if (queue.sizeOf(key) === 0) queue.push(key, key, 50 + turn);
      served.push(queue.shift() ?? '');
    }
    expect(served.indexOf('calm')).toBe(8);
  });

  it('goes by the gain of the newest item where it replaced another, and by how long the key has waited', () => {
    const queue = new FairQueue<string>();
    queue.push('a', 'a1', 9);
    queue.push('b', 'b1', 5);
    expect(queue.replace('a', 'a2', 2)).toEqual(['a1']);
    expect(queue.shift()).toBe('b1');
    for (let turn = 0; turn < 3; turn += 1) {
      queue.push('b', `b${turn + 2}`, 5);
      queue.replace('a', `a${turn + 3}`, 2);
      expect(queue.shift()).toBe(`b${turn + 2}`);
    }
    queue.push('b', 'b5', 5);
    expect(queue.shift()).toBe('a5');
  });

  it('replaces what waits under a key without losing its turn', () => {
    const queue = new FairQueue<string>();
    queue.push('a', 'a1');
    queue.push('a', 'a2');
    queue.push('b', 'b1');
    expect(queue.replace('a', 'a3')).toEqual(['a1', 'a2']);
    expect(queue.replace('c', 'c1')).toEqual([]);
    expect(all(queue)).toEqual(['a3', 'b1', 'c1']);
  });

  it('can be drained', () => {
    const queue = new FairQueue<string>();
    queue.push('a', 'a1');
    queue.push('b', 'b1');
    expect([...queue.drain()].sort()).toEqual(['a1', 'b1']);
    expect(queue.shift()).toBeUndefined();
  });
});
