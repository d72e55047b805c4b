import { resolve } from 'node:path';
import type { SourceSpec } from '../core/source.js';

export function parseSource(text: string): SourceSpec {
  return { kind: 'file', path: resolve(text) };
}
