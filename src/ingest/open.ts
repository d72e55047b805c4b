import type { FrameSource } from '../core/ports.js';
import type { SourceSpec } from '../core/source.js';
import { LiveSource } from './live-source.js';
import type { LiveOptions, RecordedOptions } from './options.js';
import { RecordedSource } from './recorded-source.js';

/**
 * Frames of a source. `latest`: what is shown live; recordings play in real time and start again. `lossless`: every frame once.
 * Nothing is opened before `frames()` is called.
 */
export function openSource(source: SourceSpec, options: LiveOptions): FrameSource;
export function openSource(source: SourceSpec, options: RecordedOptions): RecordedSource;
export function openSource(source: SourceSpec, options: LiveOptions | RecordedOptions): FrameSource {
  return options.delivery === 'latest' ? new LiveSource(source, options) : new RecordedSource(source, options);
}
