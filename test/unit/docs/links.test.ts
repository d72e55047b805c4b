import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const below = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
const files = [...readdirSync('.'), ...['docs', 'scripts', 'src', 'test', 'training'].flatMap(below)];

/** Texts that a page one folder up takes in. */
const PARTS = new Set(['docs/experiments/words.md']);

it('links of pages lead somewhere', () => {
  const broken = files
    .filter((path) => path.endsWith('.md') && !PARTS.has(path))
    .flatMap((path) => {
      const links = [...readFileSync(path, 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)|(?:src|srcset)="([^"]+)"/g)];
      const targets = links
        .map(([, link, source]) => link ?? source ?? '')
        .filter((target) => !/^[a-z]+:/.test(target));
      return targets
        .filter((target) => !existsSync(normalize(join(dirname(path), target))))
        .map((to) => `${path}: ${to}`);
    });
  expect(broken).toEqual([]);
});

it('decisions that comments and pages name are there', () => {
  const named = files
    .filter((path) => /\.(ts|tsx|md|py|mjs|yaml)$/.test(path))
    .flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/docs\/decisions\/([\w/-]*\d{4})/g)].map(([, name]) => name),
    );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !files.some((path) => path.startsWith(`docs/decisions/${name}-`)))).toEqual([]);
});
