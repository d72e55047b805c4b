import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import { type ImageSequence, imageOptions } from '../core/image-sequence.js';
import type { Rational } from '../core/time.js';
import { fileUrl, LOCAL_ONLY, type MediaTools, readTool } from './media-tools.js';

/** What the file outputs need to know of a recorded file beyond what its decoder tells. */
export interface RecordedFile {
  /** Absolute; of an image sequence a pattern. */
  readonly path: string;
  /** ffmpeg's arguments from the input's options to its name; a seek stands before them. */
  readonly opening: readonly string[];
  /** Names as ffmpeg lists them, for instance "mov,mp4,m4a,3gp,3g2,mj2". */
  readonly container: string;
  /** Where the container's timeline begins, in seconds. */
  readonly start: number;
  /** Index of the video stream in the container. */
  readonly stream: number;
  readonly codec: string;
  readonly timeBase: Rational;
  /** Of the stored picture after rotation, before the sample aspect ratio. */
  readonly size: Size;
  /** Width of an upright pixel by its height; 1/1 where the file does not say. */
  readonly sampleAspect: Rational;
  readonly pixelFormat: string;
  readonly bitDepth: number;
  readonly interlaced: boolean;
  readonly color: ColorInfo;
  /** Packets of the video stream: the frames that a whole, undamaged file decodes to, save for hidden ones. */
  readonly packets: number;
  /** Longest stretch without a key frame, in seconds. */
  readonly keyInterval: number;
  /** Frames that the container announces; absent where it does not say. */
  readonly announced: number | undefined;
  /** Seconds. Absent where the container does not say. */
  readonly duration: number | undefined;
  readonly audioCodecs: readonly string[];
  readonly subtitleCodecs: readonly string[];
}

/** As ffmpeg names them; absent where the file does not say. */
export interface ColorInfo {
  readonly range: string | undefined;
  readonly matrix: string | undefined;
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
}

interface RawStream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sample_aspect_ratio?: string;
  readonly pix_fmt?: string;
  readonly bits_per_raw_sample?: string;
  readonly field_order?: string;
  readonly color_range?: string;
  readonly color_space?: string;
  readonly color_primaries?: string;
  readonly color_transfer?: string;
  readonly time_base?: string;
  readonly nb_frames?: string;
  readonly disposition?: { readonly attached_pic?: number; readonly default?: number };
  readonly side_data_list?: readonly { readonly rotation?: number }[];
}

interface Raw {
  readonly format?: { readonly format_name?: string; readonly start_time?: string; readonly duration?: string };
  readonly streams?: readonly RawStream[];
}

/**
 * Reads the container's facts, then every packet header of the video stream once (the file is read, not decoded).
 * @throws MaskcastError NOT_VIDEO, CODEC_UNSUPPORTED, FFMPEG_FAILED, FFMPEG_MISSING
 */
export async function inspectFile(tools: MediaTools, path: string, images?: ImageSequence): Promise<RecordedFile> {
  let json = '';
  const opening = [...LOCAL_ONLY, ...(images ? [...imageOptions(images), '-i', path] : ['-i', fileUrl(path)])];
  const facts = ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', ...opening];
  for await (const chunk of readTool(tools.ffprobe, facts, path)) json += chunk;
  const raw = JSON.parse(json) as Raw;
  const streams = raw.streams ?? [];
  const video = chosen(streams);
  if (!video) throw new MaskcastError('NOT_VIDEO', `${path} has no video stream`);
  const codecs = (type: string) =>
    streams.filter((stream) => stream.codec_type === type).map((stream) => stream.codec_name ?? 'unknown');
  return {
    path,
    opening,
    container: raw.format?.format_name ?? '',
    start: Number(raw.format?.start_time ?? 0),
    stream: video.index,
    codec: video.codec_name ?? 'unknown',
    timeBase: rational(video.time_base),
    size: upright(video),
    sampleAspect: uprightAspect(video),
    pixelFormat: video.pix_fmt ?? 'yuv420p',
    bitDepth: bitDepth(video),
    interlaced: !['progressive', 'unknown', undefined].includes(video.field_order),
    color: {
      range: video.color_range,
      matrix: video.color_space,
      primaries: video.color_primaries,
      transfer: video.color_transfer,
    },
    ...(images ? packetsOf(images) : await scanPackets(tools, path, video.index)),
    announced: video.nb_frames === undefined ? undefined : Number(video.nb_frames),
    duration: raw.format?.duration === undefined ? undefined : Number(raw.format.duration),
    audioCodecs: codecs('audio'),
    subtitleCodecs: codecs('subtitle'),
  };
}

/** The default video stream, else the largest, as the decoder of the frames chooses. */
function chosen(streams: readonly RawStream[]): RawStream | undefined {
  const rank = ({ disposition, width = 0, height = 0 }: RawStream) =>
    (disposition?.default ?? 0) * 1e12 + width * height;
  return streams
    .filter((stream) => stream.codec_type === 'video' && stream.disposition?.attached_pic !== 1)
    .sort((a, b) => rank(b) - rank(a))[0];
}

function rational(text: string | undefined): Rational {
  const [num, den] = (text ?? '').split('/').map(Number);
  return num && den ? { num, den } : { num: 1, den: 90_000 };
}

function upright(video: RawStream): Size {
  const { width = 0, height = 0 } = video;
  return liesOnItsSide(video) ? { width: height, height: width } : { width, height };
}

function uprightAspect(video: RawStream): Rational {
  const [num, den] = (video.sample_aspect_ratio ?? '').split(':').map(Number);
  if (!num || !den) return { num: 1, den: 1 };
  return liesOnItsSide(video) ? { num: den, den: num } : { num, den };
}

function liesOnItsSide({ side_data_list }: RawStream): boolean {
  const rotation = side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  return Math.abs(rotation) % 180 === 90;
}

function bitDepth({ pix_fmt = '', bits_per_raw_sample }: RawStream): number {
  const named = /p(9|10|12|14|16)(le|be)?$/.exec(pix_fmt)?.[1];
  return Number(named ?? bits_per_raw_sample ?? 8) || 8;
}

type PacketFacts = Pick<RecordedFile, 'packets' | 'keyInterval'>;

/** Every picture can be decoded alone. */
const packetsOf = ({ count, rate }: ImageSequence): PacketFacts => ({
  packets: count,
  keyInterval: 1 / rate,
});

async function scanPackets(tools: MediaTools, path: string, stream: number): Promise<PacketFacts> {
  const select = ['-v', 'quiet', ...LOCAL_ONLY, '-select_streams', String(stream)];
  const wanted = 'packet=dts_time,flags:packet_side_data=side_data_type';
  const entries = ['-show_entries', wanted, '-of', 'csv=p=0', fileUrl(path)];
  let packets = 0;
  let keyInterval = 0;
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
    last = dts;
  }
  if (last !== undefined && lastKey !== undefined) keyInterval = Math.max(keyInterval, last - lastKey);
  return { packets, keyInterval };
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
    if (kind === 'stream') timeBase = rational(value);
  }
  return { ticks: ticks.sort((a, b) => a - b), timeBase };
}

async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part.trim();
  }
  if (rest.trim() !== '') yield rest.trim();
}
