import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandPage } from '../../../scripts/docs/command-page.js';
import { errorPage, PAGE_CODES } from '../../../scripts/docs/error-page.js';
import { configSchema } from '../../../src/config/schema.js';
import { ERRORS } from '../../../src/core/error-table.js';
import { Metrics } from '../../../src/telemetry/metrics.js';

/** What a person may meet stands on a page, and what stands on a page can be met. */

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && path !== join('core', 'error-table.ts'))
  .map((path) => join('src', path));
/** Pages that explain errors; elsewhere words in capitals are anything. */
const pages = ['api', 'errors', 'protocol', 'recorded-video', 'security', 'viewer'].map((name) =>
  readFileSync(join('docs', `${name}.md`), 'utf8'),
);

/** The text literals of a file that become something: arguments, results and values of `code`, not members of a set or cases. */
function usedTexts(path: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && isUsed(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true));
  return found;
}

function isUsed(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isConditionalExpression(parent)) return parent.condition !== node;
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === 'code';
  return (
    ts.isCallExpression(parent) || ts.isNewExpression(parent) || ts.isReturnStatement(parent) || ts.isParameter(parent)
  );
}

describe('errors', () => {
  const thrown = new Set(sources.flatMap(usedTexts));

  it('have their page, made from the table (npm run docs:tables)', () => {
    expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorPage());
  });

  it.each(Object.keys(ERRORS))('%s is thrown somewhere', (code) => {
    expect(thrown.has(code)).toBe(true);
  });

  it('are all in the table, those of the page in the browser too', () => {
    const given = sources
      .filter((path) => path.startsWith(join('src', 'viewer')))
      .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/ApiError\(\s*'([A-Z_]+)'/g)].map(([, code]) => code));
    expect(new Set(given)).toEqual(new Set(Object.keys(PAGE_CODES)));
  });

  it('that a page names are in the table', () => {
    const known = new Set([...Object.keys(ERRORS), ...Object.keys(PAGE_CODES)]);
    const named = pages.flatMap((page) =>
      [...page.matchAll(/`((?!MASKCAST_)[A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code]) => code),
    );
    expect(named.filter((code) => !known.has(code ?? ''))).toEqual([]);
  });
});

describe('commands', () => {
  it('have their page, with every argument and flag (npm run docs:tables)', () => {
    expect(readFileSync('docs/commands.md', 'utf8')).toBe(commandPage());
  });
});

describe('metrics', () => {
  const page = readFileSync('docs/api.md', 'utf8');

  it('stand on the page about the API, and nothing else does', async () => {
    const metrics = new Metrics();
    metrics.watch({
      jobs: () => new Map(),
      streams: () => [],
      viewers: () => 0,
      inference: () => ({ workers: 0, inFlight: 0, restarts: 0, engines: [] }),
    });
    const text = await metrics.registry.metrics();
    const names = [...text.matchAll(/^# TYPE (maskcast_\w+)/gm)].map(([, name]) => name);
    const named = [...page.matchAll(/`(maskcast_\w+)`/g)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(names));
  });
});

describe('configuration keys', () => {
  it('are all explained in config.example.yaml', () => {
    const example = readFileSync('config.example.yaml', 'utf8');
    const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
    const keys = keysOf(schema as Json);
    expect(keys.length).toBeGreaterThan(40);
    const missing = keys.filter((key) => !new RegExp(`[\\s#{,-]${key}:`).test(example));
    expect(missing).toEqual([]);
  });
});

interface Json {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly items?: Json;
}

/** Names of all keys, those of list entries too. */
function keysOf({ properties = {}, items }: Json): readonly string[] {
  const own = Object.entries(properties).flatMap(([key, value]) => [key, ...keysOf(value)]);
  return [...own, ...(items ? keysOf(items) : [])];
}
