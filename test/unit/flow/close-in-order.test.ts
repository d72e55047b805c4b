import { describe, expect, it } from 'vitest';
import { closeInOrder } from '../../../src/flow/close-in-order.js';

describe('closing in order', () => {
  it('takes one step after the other, those after a failure too, and tells the first failure', async () => {
    const taken: string[] = [];
    const step = (name: string, failure?: string) => async () => {
      taken.push(`${name} begins`);
      await Promise.resolve();
      taken.push(`${name} ends`);
      if (failure) throw new Error(failure);
    };
    const closing = closeInOrder([step('server'), step('streams', 'first'), step('jobs', 'second'), step('networks')]);
    await expect(closing).rejects.toThrow('first');
    expect(taken).toEqual(
      ['server', 'streams', 'jobs', 'networks'].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
  });
});
