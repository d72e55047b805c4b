import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe's rules find wrong on the page, as rule and places. The page was opened with `bypassCSP`. */
export async function violations(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const results = await page.evaluate(async (source) => {
    const scope = window as unknown as { axe?: { run(): Promise<AxeResults> } };
    if (!scope.axe) new Function(source)();
    return await scope.axe?.run();
  }, axe);
  if (!results) throw new Error('axe did not run');
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
