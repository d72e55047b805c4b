import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clientReport } from '../../../scripts/docs/client-report.js';

describe('the published client', () => {
  const report = clientReport();

  it('offers what its page says: a change of it is meant (npm run docs:tables)', () => {
    expect(readFileSync('docs/client.md', 'utf8')).toBe(report.page);
  });

  it('says of every export what it is', () => {
    expect(report.undocumented).toEqual([]);
  });

  it('exports every type that an export names', () => {
    expect(report.unreachable).toEqual([]);
  });
}, 60_000);
