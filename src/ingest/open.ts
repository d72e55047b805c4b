import type { SourceSpec } from '../core/source.js';
import type { RecordedOptions } from './options.js';
import { RecordedSource } from './recorded-source.js';

export function openSource(source: SourceSpec, options: RecordedOptions): RecordedSource {
  return new RecordedSource(source, options);
}
