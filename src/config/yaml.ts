import { readFileSync } from 'node:fs';
import { type Alias, LineCounter, parseDocument, visit } from 'yaml';
import { MaskcastError } from '../core/errors.js';

/**
 * Reads a configuration file. Its lines hold passwords: an error names the place and the kind of slip, in words of ours, and
 * never quotes the file.
 */

const HINT = 'a value with signs such as @ : # % * & ! needs quotes around it';

/** @returns the top level's keys and values @throws MaskcastError CONFIG_INVALID */
export function readYaml(file: string): Record<string, unknown> {
  const content = parsed(file, textOf(file));
  if (content === null || content === undefined) return {};
  if (isRecord(content)) return content;
  const found = Array.isArray(content) ? 'a list' : `a ${typeof content}`;
  throw invalid(file, `must hold keys and values; it holds ${found}`);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalid(file, `can't be read: ${(cause as Error).message}`, cause);
  }
}

function parsed(file: string, text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  // A warning is about a value that is not what was meant, for instance a password that begins with "!".
  const [slip] = [...document.errors, ...document.warnings];
  if (slip) {
    const kind = slip.code.toLowerCase().replaceAll('_', ' ');
    throw invalid(file, `is not valid YAML at ${place(slip.pos[0])} (${kind}); ${HINT}`);
  }
  const lost = aliasWithoutAnchor(document);
  if (lost) {
    throw invalid(file, `is not valid YAML at ${place(lost.range?.[0] ?? 0)} (alias without anchor); ${HINT}`);
  }
  try {
    return document.toJS();
  } catch {
    throw invalid(file, 'is not valid YAML: its aliases lead to too much');
  }
}

function aliasWithoutAnchor(document: ReturnType<typeof parseDocument>): Alias | undefined {
  let lost: Alias | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return undefined;
      lost = alias;
      return visit.BREAK;
    },
  });
  return lost;
}

/** `cause` is left out where it quotes the file: logs print it. */
const invalid = (file: string, what: string, cause?: unknown): MaskcastError =>
  new MaskcastError('CONFIG_INVALID', `the configuration file ${file} ${what}`, { cause });
