import { type ErrorCode, MaskcastError } from '../core/errors.js';
import type { SourceSpec } from '../core/source.js';
import type { LogLine } from './ffmpeg-log.js';

export function failureOf(_source: SourceSpec, log: readonly LogLine[], fallback: ErrorCode): MaskcastError {
  return new MaskcastError(fallback, log.map((l) => l.text).join('; '));
}

export function isCorruption(line: LogLine): boolean {
  return line.level === 'error' || /corrupt/i.test(line.text);
}
