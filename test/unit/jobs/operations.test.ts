import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { ViewerLimits } from '../../../src/delivery/access/viewer-limits.js';
import { jobOperations } from '../../../src/delivery/http/jobs.js';
import { jobDatasetOperations } from '../../../src/delivery/http/jobs-datasets.js';
import { jobInputOperations } from '../../../src/delivery/http/jobs-inputs.js';
import { jobResultOperations } from '../../../src/delivery/http/jobs-results.js';
import { openApiDocument } from '../../../src/delivery/http/openapi.js';
import type { JobService } from '../../../src/delivery/services.js';

/** Descriptions call no service. */
const service = {} as JobService;
const operations = [
  ...jobOperations(service, new ViewerLimits({ maxViewers: 1, maxViewersPerAddress: 1 })),
  ...jobResultOperations(service),
  ...jobDatasetOperations(service),
  ...jobInputOperations(service),
];

describe('the operations of jobs', () => {
  it('make a valid OpenAPI document', async () => {
    const document = openApiDocument(operations);
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it('are listed with their roles on the page about the API', async () => {
    const page = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');
    for (const { method, path, access } of operations) {
      expect(page).toContain(`| \`${method.toUpperCase()} ${path}\` | ${access} |`);
    }
  });

  it('change nothing for a viewer', () => {
    for (const { method, access } of operations) if (method !== 'get') expect(access).toBe('admin');
  });
});
