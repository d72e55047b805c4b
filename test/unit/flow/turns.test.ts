import { expect, it } from 'vitest';
import { Turns } from '../../../src/flow/turns.js';
import { settle } from '../../support/fakes/manual-clock.js';

it('work under one key waits for what was asked before, also where that fails; other keys go on', async () => {
  const turns = new Turns();
  const log: string[] = [];
  let fail = (_error: Error) => {};
  const first = turns.run('a', () => new Promise<void>((_, reject) => (fail = reject)));
  const second = turns.run('a', async () => log.push('second'));
  const third = turns.run('a', async () => log.push('third'));
  await turns.run('b', async () => log.push('other'));
  await settle();
  expect(log).toEqual(['other']);
  fail(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await Promise.all([second, third]);
  expect(log).toEqual(['other', 'second', 'third']);
});
