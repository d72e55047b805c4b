import type { Clock } from '../../core/clock.js';
import type { FileSource } from '../../core/source.js';
import type { Milliseconds } from '../../core/time.js';
import type { MediaFacts } from '../facts.js';
import { parseLogLine } from '../ffmpeg-log.js';
import { inputFor } from '../input.js';
import { LineSplitter } from '../lines.js';
import { MediaProcess } from '../media-process.js';

/** Whether pictures are woven from two fields, of files whose header does not tell: only the frames do. */

/** Frames that are looked at: two seconds and more, most of which have to move for a verdict. */
const FRAMES = 60;
/** No camera made woven pictures of more lines. */
const MAX_LINES = 1152;
/** By how much more rows have to differ from their neighbours than from the next but one; ffmpeg's own 1.04 takes fine patterns for combing. */
const COMBED = 1.3;
/** These know no fields. */
const WHOLE_ONLY = new Set(['vp8', 'vp9', 'av1', 'gif', 'png', 'apng', 'webp', 'h263', 'flv1', 'theora', 'msmpeg4v3']);
/** Share of the frames with a verdict that have to be woven, all with the same field first: fine patterns that move look woven now and then. */
const MOST = 0.9;
const FEWEST = 3;

export type Fields = Pick<MediaFacts, 'interlaced' | 'fieldOrder'>;

export interface LookOptions {
  readonly ffmpegPath: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** No look takes longer. */
  readonly connectTimeout: Milliseconds;
}

/** What ffmpeg said of the frames. */
interface Look {
  /** Frames that say themselves that they are woven. */
  flagged: number;
  /** Frames by what they look like. */
  tff: number;
  bff: number;
  progressive: number;
}

/** Looks at the first frames. Never fails: what can't be decoded is told by whoever decodes all of it. */
export async function fieldsOf(source: FileSource, facts: MediaFacts, options: LookOptions): Promise<Fields> {
  if (WHOLE_ONLY.has(facts.info.codec) || facts.coded.height > MAX_LINES || source.images) return { interlaced: false };
  const { url, options: opening } = inputFor(source, { purpose: 'decode', patience: options.connectTimeout });
  const process = new MediaProcess({
    program: options.ffmpegPath,
    args: [
      ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'repeat+level+info', '-an', '-sn', '-dn'],
      ...[...opening, '-i', url, '-map', `0:${facts.stream}`, '-frames:v', String(FRAMES)],
      ...['-vf', `showinfo=checksum=0,idet=intl_thres=${COMBED}`, '-f', 'null', '-'],
    ],
    outputs: [],
    clock: options.clock,
  });
  const stop = () => void process.stop();
  const cancel = options.clock.after(options.connectTimeout, stop);
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    return verdict(await look(process));
  } catch {
    return { interlaced: false };
  } finally {
    cancel();
    options.signal.removeEventListener('abort', stop);
    await process.stop();
  }
}

async function look(process: MediaProcess): Promise<Look> {
  const found: Look = { flagged: 0, tff: 0, bff: 0, progressive: 0 };
  const splitter = new LineSplitter();
  for await (const chunk of process.output(2)) {
    for (const line of splitter.push(chunk as Uint8Array)) note(parseLogLine(line).text, found);
  }
  await process.exited;
  return found;
}

function note(text: string, found: Look): void {
  if (/^n: *\d+ .* i:[TB] /.test(text)) found.flagged += 1;
  const [, tff, bff, progressive] =
    /^Multi frame detection: TFF: *(\d+) BFF: *(\d+) Progressive: *(\d+)/.exec(text) ?? [];
  if (tff === undefined) return;
  found.tff = Number(tff);
  found.bff = Number(bff);
  found.progressive = Number(progressive);
}

function verdict({ flagged, tff, bff, progressive }: Look): Fields {
  if (flagged > 0) return { interlaced: true };
  const woven = Math.max(tff, bff);
  if (woven < FEWEST || woven < MOST * (tff + bff + progressive)) return { interlaced: false };
  return { interlaced: true, fieldOrder: tff >= bff ? 'tff' : 'bff' };
}
