import { systemClock } from '../../src/core/clock.js';
import { ms } from '../../src/core/time.js';
import { openSource } from '../../src/ingest/open.js';
import type { LiveOptions } from '../../src/ingest/options.js';
import { parseSource, type SourceText } from '../../src/media/address/source.js';
import { probe } from '../../src/media/probe.js';
import { live, Watcher } from './ingest.js';

/** Live sources that a test file opens, and what must be closed again: `afterEach(tidyUp)`. */

export const USER = 'ad@min';
/** Of every sign that URLs and shells treat in their own way. */
export const PASSWORD = 'p@ss/w:rd?#é%41\'"\\& x';

const left: (() => Promise<void>)[] = [];

export const closeAfterwards = (close: () => Promise<void>): void => {
  left.push(close);
};

/** Closes what was left, the last first. */
export async function tidyUp(): Promise<void> {
  for (const close of left.splice(0).reverse()) await close();
}

export function watch(
  source: string | SourceText,
  options: Partial<LiveOptions> = {},
): Watcher & { close(): Promise<void> } {
  const opened = openSource(parseSource(source), live(options));
  const watcher = Object.assign(new Watcher(opened), { close: () => opened.close() });
  closeAfterwards(() => opened.close());
  return watcher;
}

export const ask = (source: SourceText) =>
  probe(parseSource(source), {
    ffmpegPath: 'ffmpeg',
    ffprobePath: 'ffprobe',
    clock: systemClock,
    connectTimeout: ms(2000),
    signal: new AbortController().signal,
  });
