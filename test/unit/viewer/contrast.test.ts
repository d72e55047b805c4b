import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { contrast, type Rgb } from '../../../src/viewer/lib/color.js';

const css = await readFile(new URL('../../../src/viewer/styles/tokens.css', import.meta.url), 'utf8');

function colors(block: string | undefined): Record<string, Rgb> {
  if (!block) throw new Error('the theme is not in tokens.css');
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): #([0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [
      name,
      [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb,
    ]),
  );
}

const blocks = [...css.matchAll(/:root[^{]*\{([^}]*)\}/g)].map(([, body]) => body);
const dark = colors(blocks[0]);
const THEMES = {
  dark,
  'light, as the system': { ...dark, ...colors(blocks[1]) },
  light: { ...dark, ...colors(blocks[2]) },
};

const TEXT_PAIRS = [
  ['text', 'bg'],
  ['text', 'surface'],
  ['text', 'raised'],
  ['muted', 'bg'],
  ['muted', 'surface'],
  ['muted', 'raised'],
  ['muted', 'bad-soft'],
  ['text', 'accent-soft'],
  ['muted', 'accent-soft'],
  ['on-accent', 'accent'],
  ['live', 'bg'],
  ['live', 'accent-soft'],
  ['busy', 'bg'],
  ['warn', 'bg'],
  ['warn', 'surface'],
  ['bad', 'bg'],
  ['bad', 'bad-soft'],
  ['text', 'bad-soft'],
  ['text', 'warn-soft'],
  ['warn', 'warn-soft'],
  ['on-stage', 'stage'],
  ['on-stage-muted', 'stage'],
] as const;

describe.each(Object.entries(THEMES))('the %s theme', (_, theme) => {
  it.each(TEXT_PAIRS)('has %s legible on %s (4.5)', (text, background) => {
    expect(contrast(theme[text] as Rgb, theme[background] as Rgb)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['accent', 'bg'],
    ['line-strong', 'bg'],
    ['line-strong', 'surface'],
  ] as const)('has controls and focus in %s visible on %s (3)', (line, background) => {
    expect(contrast(theme[line] as Rgb, theme[background] as Rgb)).toBeGreaterThanOrEqual(3);
  });
});

it('gives both ways to the light theme the same colours', () => {
  expect(colors(blocks[1])).toEqual(colors(blocks[2]));
});
