import { ERRORS, type ErrorEntry } from '../../src/core/error-table.js';

/** Codes that the page in the browser gives to what no server said. */
export const PAGE_CODES = {
  UNREACHABLE: ['The server does not answer.', 'Look whether it runs; the page tries again by itself.'],
  UNEXPECTED: [
    'Something other than this server answered, or the page failed.',
    'Look at what stands between: a proxy?',
  ],
  ABORTED: ['You, or a newer request, cancelled it.', 'Nothing.'],
  COOKIES_REFUSED: [
    'The token is right, but the browser keeps no sign-in.',
    'Open the page in a tab of its own, over HTTPS, or allow cookies.',
  ],
} as const;

const HEAD = `# Errors

Every error has a \`code\` that stays the same across versions: in \`application/problem+json\` answers, in \`error\` messages and states of the
WebSocket, in the log, and in brackets at the end of what a command prints (\`--json\`: \`error.code\`). Go by the code; the text beside it is for
people and says what was received and what is allowed. A command ends with 2 where another command line would avoid the error, else with 1.

A code has one HTTP status wherever it comes up. Of 500 the text stays in the server's log.

<!-- Made by \`npm run docs:tables\` from src/core/error-table.ts. -->
`;

/** docs/errors.md. Pure. */
export function errorPage(): string {
  const abouts = [...new Set(Object.values(ERRORS).map(({ about }) => about))];
  const tables = abouts.map((about) => `## About ${about}\n\n${table(about)}`);
  const page = Object.entries(PAGE_CODES).map(
    ([code, [meaning, advice]]) => `| \`${code}\` | ${meaning} | ${advice} |`,
  );
  return `${HEAD}
${tables.join('\n')}
## Of the page itself

| code | meaning | what to do |
|---|---|---|
${page.join('\n')}
`;
}

function table(about: ErrorEntry['about']): string {
  const rows = Object.entries<ErrorEntry>(ERRORS)
    .filter(([, entry]) => entry.about === about)
    .map(
      ([code, { meaning, status, exit, advice }]) => `| \`${code}\` | ${meaning} | ${status} | ${exit} | ${advice} |`,
    );
  return `| code | meaning | HTTP | exit | what to do |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}
