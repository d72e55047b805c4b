import { z } from 'zod';
import { MaskcastError } from '../core/errors.js';
import type { Size } from '../core/geometry.js';
import type { SourceInfo, SourceSpec } from '../core/source.js';
import { type Rational, type Seconds, seconds } from '../core/time.js';
import { sourceError } from './classify.js';
import type { LogLine } from './ffmpeg-log.js';
import { MAX_PIXELS, MAX_SIDE, shownSize, turned } from './picture-size.js';

/** From ffprobe's JSON to what Maskcast knows of a source. */

/** Everything that a probe tells. It is asked for once and passed along. */
export interface MediaFacts {
  /** What people are shown. */
  readonly info: SourceInfo;
  /**
   * How ffmpeg's commands name the video stream in their input, for instance "v:0". Its place among all streams would not do:
   * a camera that is asked for its pictures only leaves out what it lists before them.
   */
  readonly stream: string;
  /** Of the demuxer, for this stream. */
  readonly timeBase: Rational;
  /** First pts of the container's timeline. */
  readonly start: Seconds;
  /** First pts of this stream; later than `start` where another track begins before it. */
  readonly first: Seconds;
  /** Whether pictures are woven from two fields. */
  readonly interlaced: boolean;
  /** Which field comes first, where the frames themselves don't say that they are woven. */
  readonly fieldOrder?: 'tff' | 'bff' | undefined;
  /** As decoded: before rotation and sample aspect ratio. */
  readonly coded: Size;
  /** After rotation, before the sample aspect ratio. */
  readonly size: Size;
  /** Width of an upright pixel by its height; 1/1 where the source does not say. */
  readonly sampleAspect: Rational;
  readonly bitDepth: number;
  readonly color: ColorInfo;
  /** Whether ffmpeg has to be kept from correcting the clock of a transport stream. */
  readonly clockAsWritten?: boolean;
  /** False where frames have no times but those of their arrival. */
  readonly timed: boolean;
  /** JPEGs over HTTP, which are read by `picture-camera/` and handed to ffmpeg: without end in one answer, or one an answer. */
  readonly pictures?: 'series' | 'single';
  /** Of an ISO file: "avif" and "heic" are pictures. */
  readonly brand?: string | undefined;
  /** Seconds of the whole container. Absent where it does not say. */
  readonly duration: number | undefined;
  readonly audioCodecs: readonly string[];
  readonly subtitleCodecs: readonly string[];
  /** Fonts and the like. */
  readonly attachments?: number;
}

/** As ffmpeg names them; absent where the source does not say. */
export interface ColorInfo {
  readonly range: string | undefined;
  readonly matrix: string | undefined;
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
}

const number = z.coerce.number().optional().catch(undefined);
const sideData = z.array(z.object({ rotation: number }));
const rawStream = z.object({
  index: z.number().int(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  profile: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  pix_fmt: z.string().optional(),
  bits_per_raw_sample: number,
  sample_aspect_ratio: z.string().optional(),
  field_order: z.string().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  r_frame_rate: z.string().optional(),
  time_base: z.string().optional(),
  nb_frames: number,
  start_time: number,
  duration: number,
  channels: number,
  sample_rate: number,
  disposition: z.object({ attached_pic: z.number().optional(), default: z.number().optional() }).optional(),
  side_data_list: sideData.optional(),
});
const tags = z.object({ major_brand: z.string().optional() }).optional().catch(undefined);
const rawReport = z.object({
  /** The first, where it was asked for. */
  frames: z.array(z.object({ side_data_list: sideData.optional() })).default([]),
  streams: z.array(rawStream).default([]),
  format: z.object({ format_name: z.string().default(''), duration: number, start_time: number, tags }),
});

export interface ProbeReport {
  readonly facts: MediaFacts;
  /** Whether the header says if pictures are woven from fields. */
  readonly fieldsTold: boolean;
}

type RawStream = z.infer<typeof rawStream>;

/** @throws MaskcastError NOT_VIDEO, CODEC_UNSUPPORTED, CORRUPT, SIZE_UNSUPPORTED or FFMPEG_FAILED */
export function readFacts(source: SourceSpec, json: string, log: readonly LogLine[]): ProbeReport {
  const { streams, frames, format } = parsed(json);
  const video = chosen(streams);
  if (!video) throw sourceError(source, 'NOT_VIDEO', contentOf(streams));
  const codec = codecOf(source, video);
  const turned = { ...video, side_data_list: video.side_data_list ?? frames[0]?.side_data_list };
  const { coded, shown, ...picture } = pictureOf(source, turned, codec);
  const container = format.format_name === 'concat' ? containerBehindScript(source, log) : format.format_name;
  const duration = positive(video.duration) ?? positive(format.duration);
  const audio = streams.find((stream) => stream.codec_type === 'audio');
  const info: SourceInfo = {
    container,
    codec,
    profile: video.profile,
    pixelFormat: video.pix_fmt ?? 'unknown',
    ...shown,
    rotation: picture.rotation,
    fps: rate(video.avg_frame_rate) ?? rate(video.r_frame_rate),
    duration: isAlwaysLive(source) ? undefined : duration,
    frames: positive(video.nb_frames),
    audio: audio && {
      codec: audio.codec_name ?? 'unknown',
      channels: audio.channels ?? 0,
      sampleRate: audio.sample_rate ?? 0,
    },
    live: isAlwaysLive(source) || source.kind === 'device' || (source.kind === 'http' && duration === undefined),
  };
  const facts = {
    info,
    stream: `v:${streams.filter(isVideo).indexOf(video)}`,
    timeBase: rational(video.time_base) ?? { num: 1, den: 90_000 },
    start: seconds(format.start_time ?? 0),
    first: seconds(video.start_time ?? format.start_time ?? 0),
    interlaced: /^(tt|bb|tb|bt)$/.test(video.field_order ?? ''),
    coded,
    size: picture.size,
    sampleAspect: picture.sampleAspect,
    bitDepth: bitDepth(video),
    color: {
      range: video.color_range,
      matrix: video.color_space,
      primaries: video.color_primaries,
      transfer: video.color_transfer,
    },
    timed: container !== 'mpjpeg',
    brand: format.tags?.major_brand,
    duration: format.duration,
    audioCodecs: codecsOf(streams, 'audio'),
    subtitleCodecs: codecsOf(streams, 'subtitle'),
    attachments: codecsOf(streams, 'attachment').length,
  };
  return { facts, fieldsTold: !['unknown', undefined].includes(video.field_order) };
}

function codecOf(source: SourceSpec, { codec_name: codec = 'unknown', codec_tag_string: tag }: RawStream): string {
  if (/^enc[vs]$/.test(tag ?? '')) throw sourceError(source, 'CODEC_UNSUPPORTED', 'the video is encrypted (DRM)');
  if (codec !== 'unknown' && codec !== 'none') return codec;
  throw sourceError(source, 'CODEC_UNSUPPORTED', `codec tag ${tag ?? 'absent'}`);
}

/** The picture's size as it is decoded, turned upright, and shown. */
function pictureOf(source: SourceSpec, video: RawStream, codec: string) {
  const { width = 0, height = 0 } = video;
  const coded = { width, height };
  if (width < 1 && codec === 'webp') {
    throw sourceError(source, 'CODEC_UNSUPPORTED', 'ffmpeg reads still WebP pictures; this one is animated or damaged');
  }
  if (width < 1 || height < 1)
    throw sourceError(source, 'CORRUPT', `no ${codec} picture was found to tell the size from`);
  const rotation = clockwise(video);
  const pixel = rational(video.sample_aspect_ratio?.replace(':', '/')) ?? { num: 1, den: 1 };
  const shown = shownSize(coded, pixel.num / pixel.den, rotation);
  if (Math.max(width, height, shown.width, shown.height) > MAX_SIDE || width * height > MAX_PIXELS) {
    const limit = `at most ${MAX_SIDE} pixels a side and ${MAX_PIXELS} in all`;
    throw sourceError(source, 'SIZE_UNSUPPORTED', `received ${width}×${height}, allowed are ${limit}`);
  }
  return {
    ...{ coded, shown, rotation },
    size: turned(coded, rotation),
    sampleAspect: rotation % 180 === 90 ? { num: pixel.den, den: pixel.num } : pixel,
  };
}

const codecsOf = (streams: readonly RawStream[], type: string): readonly string[] =>
  streams.filter((stream) => stream.codec_type === type).map((stream) => stream.codec_name ?? 'unknown');

function bitDepth({ pix_fmt = '', bits_per_raw_sample }: RawStream): number {
  const named = /p(9|10|12|14|16)(le|be)?$/.exec(pix_fmt)?.[1];
  return Number(named ?? bits_per_raw_sample ?? 8) || 8;
}

function parsed(json: string): z.infer<typeof rawReport> {
  try {
    return rawReport.parse(JSON.parse(json));
  } catch (cause) {
    throw new MaskcastError('FFMPEG_FAILED', 'the answer of ffprobe cannot be read', { cause, retryable: true });
  }
}

/** The default video stream, else the largest; a cover picture is no video. */
function chosen(streams: readonly RawStream[]): RawStream | undefined {
  const rank = (stream: RawStream) =>
    (stream.disposition?.default ?? 0) * 1e12 + (stream.width ?? 0) * (stream.height ?? 0);
  return streams
    .filter((stream) => isVideo(stream) && !stream.disposition?.attached_pic)
    .sort((a, b) => rank(b) - rank(a))[0];
}

const isVideo = (stream: RawStream): boolean => stream.codec_type === 'video';

function contentOf(streams: readonly RawStream[]): string {
  const found = streams.map((stream) => `${stream.codec_type ?? 'unknown'} (${stream.codec_name ?? 'unknown'})`);
  return found.length === 0 ? 'no streams in it' : `only ${found.join(', ')}`;
}

/** Clockwise degrees that ffmpeg applies by itself; ffprobe counts them the other way round. */
function clockwise(video: RawStream): number {
  const counter = video.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const degrees = (360 - Math.round(counter)) % 360;
  return degrees % 90 === 0 ? (degrees + 360) % 360 : 0;
}

const isAlwaysLive = ({ kind }: SourceSpec): boolean => kind === 'rtsp' || kind === 'network';

/** ffprobe sees the script only; the format that was found within it is in its log. */
function containerBehindScript(source: SourceSpec, log: readonly LogLine[]): string {
  if (source.kind === 'rtsp') return 'rtsp';
  for (const { text } of log) {
    const match = /^Format (\S+) probed with size/.exec(text);
    if (match?.[1]) return match[1];
  }
  return source.kind === 'network' ? (source.url.split(':')[0] ?? 'unknown') : 'unknown';
}

export function rational(text: string | undefined): Rational | undefined {
  const [num = Number.NaN, den = Number.NaN] = (text ?? '').split('/').map(Number);
  return num > 0 && den > 0 ? { num, den } : undefined;
}

function rate(text: string | undefined): number | undefined {
  const value = rational(text);
  return value && value.num / value.den < 1000 ? value.num / value.den : undefined;
}

const positive = (value: number | undefined): number | undefined => (value && value > 0 ? value : undefined);
