import type { SourceSpec } from '../core/source.js';

export interface InputOptions {
  /** Live input: do not wait, do not buffer. */
  readonly live: boolean;
}

export interface Input {
  readonly url: string;
  readonly options: readonly string[];
  readonly script: string | undefined;
}

/** How ffmpeg and ffprobe open a source. */
export function inputFor(source: SourceSpec, _options: InputOptions): Input {
  if (source.kind !== 'file') throw new Error('not yet');
  return { url: `file:${source.path}`, options: ['-protocol_whitelist', 'file'], script: undefined };
}
