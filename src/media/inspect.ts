import { MaskcastError } from '../core/errors.js';
import type { ImageSequence } from '../core/image-sequence.js';
import type { FileSource } from '../core/source.js';
import { ms, type Rational, seconds } from '../core/time.js';
import { type MediaFacts, rational } from './facts.js';
import { inputFor } from './input.js';
import { LineSplitter } from './lines.js';
import { fileUrl, LOCAL_ONLY, type MediaTools, readTool } from './media-tools.js';
import { toneMapping } from './tone-mapping.js';

/** What the headers of a file's packets tell: the file is read once, not decoded. */

/** A recording as the file outputs need to know it. */
export interface RecordedFile extends MediaFacts, PacketFacts {
  /** Absolute; of an image sequence a pattern. */
  readonly path: string;
  /** ffmpeg's arguments from the input's options to its name; a seek stands before them. */
  readonly opening: readonly string[];
  /** Filters that make SDR of HDR; none where it isn't HDR. */
  readonly toneMapping: readonly string[];
}

export interface PacketFacts {
  /** Packets of the video stream: the frames that a whole, undamaged file decodes to, save for hidden ones. */
  readonly packets: number;
  /** Longest stretch without a key frame, in seconds. */
  readonly keyInterval: number;
  /** Times that the clock jumps back. */
  readonly jumps: number;
}

/** @param facts of this source. @throws MaskcastError CODEC_UNSUPPORTED, FFMPEG_FAILED, FFMPEG_MISSING */
export async function inspectFile(tools: MediaTools, source: FileSource, facts: MediaFacts): Promise<RecordedFile> {
  const { path, images } = source;
  const { url, options } = inputFor(source, { purpose: 'decode', patience: ms(0) });
  const mapping = await toneMapping(tools, facts.color);
  const opened = (more: readonly string[]) => ({
    path,
    opening: [...options, ...more, '-i', url],
    toneMapping: mapping,
  });
  if (images) return { ...facts, ...opened([]), ...packetsOf(images) };
  const { longestGap, ...counted } = await scanPackets(tools, path, facts.stream, []);
  if (!/^mpeg(ts)?$/.test(facts.info.container) || longestGap < HALF_WRAP)
    return { ...facts, ...opened([]), ...counted };
  const { longestGap: _, ...asWritten } = await scanPackets(tools, path, facts.stream, CLOCK_AS_WRITTEN);
  const start = seconds(facts.start < 0 ? facts.start + 2 * HALF_WRAP : facts.start);
  return { ...facts, start, clockAsWritten: true, ...opened(CLOCK_AS_WRITTEN), ...asWritten };
}

/** Half of the time in which the 33-bit clock of transport and program streams runs over. Seconds. */
const HALF_WRAP = 2 ** 32 / 90_000;

/** ffmpeg takes a clock that jumps back to before its beginning for one that has run over, and adds 26.5 hours. */
export const CLOCK_AS_WRITTEN = ['-correct_ts_overflow', '0'] as const;

/** Every picture can be decoded alone. */
const packetsOf = ({ count, rate }: ImageSequence): PacketFacts => ({
  packets: count,
  keyInterval: 1 / rate,
  jumps: 0,
});

/** Times that the clock of another stream of the file jumps back. @param stream for instance "a:0" */
export async function clockJumps(tools: MediaTools, file: RecordedFile, stream: string): Promise<number> {
  return (await scanPackets(tools, file.path, stream, file.clockAsWritten ? CLOCK_AS_WRITTEN : [])).jumps;
}

async function scanPackets(
  tools: MediaTools,
  path: string,
  stream: string,
  options: readonly string[],
): Promise<PacketFacts & { readonly longestGap: number }> {
  const select = ['-v', 'quiet', ...LOCAL_ONLY, ...options, '-select_streams', stream];
  const wanted = 'packet=dts_time,flags:packet_side_data=side_data_type';
  const entries = ['-show_entries', wanted, '-of', 'csv=p=0', fileUrl(path)];
  let packets = 0;
  let keyInterval = 0;
  let jumps = 0;
  let longestGap = 0;
  let lastKey: number | undefined;
  let last: number | undefined;
  for await (const line of lines(readTool(tools.ffprobe, [...select, ...entries], path))) {
    const [time = '', flags = '', ...more] = line.split(',');
    if (more.includes('Encryption info')) {
      throw new MaskcastError('CODEC_UNSUPPORTED', `${path}: the video is encrypted (DRM)`);
    }
    packets += 1;
    const dts = Number(time);
    if (!Number.isFinite(dts)) continue;
    if (flags.includes('K')) {
      if (lastKey !== undefined) keyInterval = Math.max(keyInterval, dts - lastKey);
      lastKey = dts;
    }
    if (last !== undefined) longestGap = Math.max(longestGap, dts - last);
    if (last !== undefined && dts < last) jumps += 1;
    last = dts;
  }
  if (last !== undefined && lastKey !== undefined) keyInterval = Math.max(keyInterval, last - lastKey);
  return { packets, keyInterval, jumps, longestGap };
}

/** The times of a file's video packets, sorted: the presentation times of its frames, in ticks of `timeBase`. */
export async function presentationTimes(
  tools: MediaTools,
  path: string,
): Promise<{ readonly ticks: readonly number[]; readonly timeBase: Rational }> {
  const args = ['-v', 'error', ...LOCAL_ONLY, '-select_streams', 'v:0'];
  const entries = ['-show_entries', 'packet=pts:stream=time_base', '-of', 'compact=p=1:nk=1', fileUrl(path)];
  const ticks: number[] = [];
  let timeBase: Rational = { num: 1, den: 1 };
  for await (const line of lines(readTool(tools.ffprobe, [...args, ...entries], path))) {
    const [kind, value = ''] = line.split('|');
    if (kind === 'packet') ticks.push(Number(value));
    if (kind === 'stream') timeBase = rational(value) ?? timeBase;
  }
  return { ticks: ticks.sort((a, b) => a - b), timeBase };
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) yield* splitter.push(chunk);
  yield* splitter.flush();
}
