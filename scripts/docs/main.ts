import { writeFileSync } from 'node:fs';
import { clientReport } from './client-report.js';
import { commandPage } from './command-page.js';
import { errorPage } from './error-page.js';

/** Writes the pages that are made from code; a test fails while they are not. */
writeFileSync('docs/errors.md', errorPage());
writeFileSync('docs/commands.md', commandPage());
writeFileSync('docs/client.md', clientReport().page);
