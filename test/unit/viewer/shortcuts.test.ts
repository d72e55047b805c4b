import { readFile } from 'node:fs/promises';
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

it("tells every key in the user's page", async () => {
  const page = await readFile(new URL('../../../docs/viewer.md', import.meta.url), 'utf8');
  const rows = [...(page.split('## Keys')[1] ?? '').matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
    cell.split(', '),
  );
  for (const { keys, shown } of SHORTCUTS) expect(rows).toContain(shown ?? keys[0]?.toUpperCase());
});
