import { expect, it } from 'vitest';
import { SHORTCUTS } from '../../../src/viewer/state/shortcuts.js';

it('gives every key one meaning', () => {
  const keys = SHORTCUTS.flatMap(({ keys }) => keys);
  expect(keys).toEqual([...new Set(keys)]);
});

it('has keys in the case that they are looked up in', () => {
  for (const key of SHORTCUTS.flatMap(({ keys }) => keys)) {
    if (key.length === 1) expect(key).toBe(key.toLowerCase());
  }
});
